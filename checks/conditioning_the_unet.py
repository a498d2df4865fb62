"""Conditioning the U-Net: the timestep read off many clocks, refined by two layers, and spoken to every channel."""

import math

import torch

from assay import Failure
from assay.claims import (
    explain,
    groups,
    require_same_convolutions,
    require_sinusoids,
    require_start_values,
    require_two_layers,
    steps_with,
)

# Exercise 1: the sinusoidal embedding ---------------------------------------------------------------------------------

NEXT = 0.97  # cosine of neighbouring timesteps: 0.972 by the formula, at every timestep
FAR = 0.6  # cosine of timesteps 500 and 50: 0.27 by the formula


def check_columns_are_sines_and_cosines_of_the_timesteps(replays):
    """The columns are the sines and cosines of t / 10000^(2i/d), each of them once, in any order."""
    for given, answer in _calls(replays["hidden_timesteps"]):
        require_sinusoids(given["t"], given["d_emb"], _tensor(answer))


def check_every_embedding_has_the_same_length(replays):
    """Every embedding has the squared length d / 2, as sines and cosines in pairs have."""
    for given, answer in _calls(replays["hidden_timesteps"]):
        found, count = _tensor(answer).double(), given["t"].numel()
        if found.dim() == 0 or len(found) != count:
            raise Failure(f"{count} timesteps gave embeddings of shape {list(found.shape)}")
        lengths = found.square().reshape(count, -1).sum(dim=1) if found.numel() else torch.zeros(count)
        off = float((lengths / (given["d_emb"] / 2) - 1).abs().max())
        if not off <= 1e-3:
            raise Failure(
                f"the squared lengths lie between {float(lengths.min()):.1f} and {float(lengths.max()):.1f}, not at "
                f"{given['d_emb'] // 2}",
                misconception="a sine alone says where a hand stands only up to its mirror image; the cosine beside it "
                "says the rest",
                help="For each frequency there is a sine and a cosine of the same angle.",
            )


def check_neighbouring_timesteps_are_alike_and_distant_ones_are_not(replays):
    """Timesteps 500 and 501 have nearly the same embedding, 500 and 50 have not."""
    here, beyond, far = (_tensor(answer).double().flatten() for answer in replays["known_timesteps"].outputs)
    _require_smooth(_cosine(here, beyond), _cosine(here, far), "the embeddings")


def check_a_single_timestep_is_embedded_too(replays):
    """A single timestep, as a number or as a tensor, gives one embedding."""
    for given, answer in _calls(replays["single_timesteps"]):
        found = _tensor(answer)
        if found.numel() != given["d_emb"] or not bool(torch.isfinite(found).all()):
            raise Failure(
                f"one timestep gave an embedding of shape {list(found.shape)}, not {given['d_emb']} numbers",
                help="Turn a number into a tensor with one timestep first.",
            )


def _calls(replay):
    return zip(replay.inputs, replay.outputs, strict=True)


def _tensor(answer):
    if isinstance(answer, tuple):
        raise Failure(f"{len(answer)} tensors came back, not one")
    return answer


def _cosine(left, right):
    return float(torch.nn.functional.cosine_similarity(left, right, dim=0)) if left.shape == right.shape else math.nan


def _require_smooth(near, far, what):
    if not (near >= NEXT and far <= FAR):
        raise Failure(
            f"the cosine of {what} is {near:.2f} for timesteps 500 and 501, and {far:.2f} for 500 and 50",
            misconception="a table with a row for each timestep knows no neighbours; sinusoids make near timesteps "
            "alike and distant ones different, without learning anything",
            help="Compare the slowest and the fastest frequency with what the exercise's picture shows.",
        )


# Exercise 2: the timestep MLP -----------------------------------------------------------------------------------------


def check_the_mlp_has_the_parameters_of_two_layers(replays):
    """The module has exactly the weights and biases of Linear(256, 512) and Linear(512, 512)."""
    for name, inner, outer in (("hidden_mlp", 256, 512), ("narrow_mlp", 64, 96)):
        wanted = (inner + 1) * outer + (outer + 1) * outer
        parameters = replays[name].parameters
        require_start_values(parameters)
        found = sum(tensor.numel() for tensor in parameters.values())
        if found != wanted:
            raise Failure(
                f"built with {inner} and {outer} it has {found:,} parameters, two layers have {wanted:,}",
                misconception="the sinusoidal embedding has nothing to learn; what learns are two linear layers with "
                "biases",
                help="Count inputs times outputs, and one bias for each output, of both layers.",
            )


def check_the_embedding_passes_two_layers_with_a_gelu_between(replays):
    """The module gives Linear, GELU, Linear of the timestep's sinusoidal embedding."""
    for name, inner, outer in (("hidden_mlp", 256, 512), ("narrow_mlp", 64, 96)):
        replay = replays[name]
        for given, answer in _calls(replay):
            require_two_layers(given["t"], _tensor(answer), replay.parameters, inner, outer)


def check_similarities_of_timesteps_were_drawn(work):
    """A picture shows the cosine similarity of many timesteps with one another, brightest along the diagonal."""
    squares = [image for image in work.images if image.dim() == 2 and len(image) >= 10]
    if not any(_is_similarity(image) for image in squares):
        raise Failure(
            f"none of {len(squares)} pictures is a table of cosine similarities that falls off from the diagonal",
            help="Normalise the embeddings of many timesteps and multiply them with one another.",
        )


def _is_similarity(image):
    if image.shape[0] != image.shape[1] or not bool(torch.isfinite(image).all()):
        return False
    even = float((image - image.T).abs().max()) <= 1e-5 and float((image.diagonal() - 1).abs().max()) <= 1e-5
    mean, neighbours = float(image.mean()), float(image.diagonal(1).mean())
    # how far neighbours, ten timesteps apart, are from the mean towards 1: sinusoids 0.49, unrelated rows 0.01
    return even and neighbours - mean > 0.1 * (1 - mean) and float(image.min()) >= -1 - 1e-5


# Exercise 3: adaptive group normalisation -----------------------------------------------------------------------------


def check_features_are_normalised_in_groups(replays):
    """The features are normalised in as many groups as the module is told."""
    for found, asked in _explanations(replays):
        if found.norm != groups(asked):
            raise Failure(
                f"with {asked} groups asked for, the features are normalised by {found.norm}",
                misconception="group normalisation looks at one sample and one group of channels at a time; a batch "
                "norm looks across the batch, a single group at all channels",
                help="Which numbers does the normalisation get, and in which order?",
            )


def check_the_timestep_scales_and_shifts_the_features(replays):
    """The normalised features are multiplied by 1 + gamma and moved by beta, both projected from the embedding."""
    for found, _ in _explanations(replays):
        if found.way or found.embedding:
            raise Failure(
                f"the features come out {found.way}" if found.way
                else f"all samples are modulated by {found.embedding} timestep",
                misconception="gamma is how far the scale is from 1: a projection near zero then leaves the normalised "
                "features as they are; and every sample has a timestep of its own",
                help="Write down what comes out when gamma and beta are both zero.",
            )  # fmt: skip


def check_the_norm_has_no_scale_and_shift_of_its_own(replays):
    """The normalisation learns nothing of its own: scale and shift come from the timestep alone."""
    parameters = replays["hidden_modulation"].parameters
    vectors = [name for name, tensor in parameters.items() if tensor.dim() == 1]
    layers = [name for name, tensor in parameters.items() if tensor.dim() >= 2]
    if len(vectors) > len(layers) or not layers:
        raise Failure(
            f"beside {len(layers)} layers there are {len(vectors)} vectors of parameters; the first is {vectors[0]}"
            if vectors else "the module has no layer",
            misconception="a normalisation with fixed parameters says the same at every timestep, and then says it "
            "twice",
            help="Group normalisation can be made without parameters.",
        )  # fmt: skip


def _explanations(replays):
    for name in ("hidden_modulation", "eight_groups"):
        replay, asked = replays[name], 32 if name == "hidden_modulation" else 8
        for given, answer in _calls(replay):
            found = explain(given["x"], given["t_emb"], _tensor(answer), replay.parameters, asked)
            if found is None:
                raise Failure(
                    "what came out is no normalisation of the features, scaled and shifted by the module's projection",
                    help="Follow one number: normalised within its group, times one number, plus another.",
                )
            yield found, asked


# Exercise 4: the comparison -------------------------------------------------------------------------------------------

SHARE = (0.03, 0.6)  # distance of 500 to 501 by that of 500 to 50: sinusoids 0.15-0.35, one number 0.004, a table 1


def check_the_network_answers_in_the_shape_of_its_input(replays):
    """UNetSinusoidal turns noisy digits and their timesteps into predictions of the same shape."""
    for given, answer in _calls(replays["sinusoidal_unet"]):
        found = _tensor(answer)
        if found.shape != given["x"].shape or not bool(torch.isfinite(found).all()):
            raise Failure(f"pictures of shape {list(given['x'].shape)} gave {list(found.shape)}, or no numbers")


def check_the_answer_depends_on_the_timestep(replays):
    """The same picture at other timesteps gives another prediction."""
    _, far, size = _distances(replays)
    if not far > 1e-6 * size:  # without a timestep nothing differs at all; the least conditioning measured is 4e-5
        raise Failure(
            f"timesteps 500 and 50 give the same prediction within {far / max(size, 1e-30):.0e}",
            misconception="a network that does not hear the timestep cannot know how much noise there is to remove",
            help="Where in forward does t go in, and where does what becomes of it meet the features?",
        )


def check_the_network_tells_neighbouring_timesteps_apart(replays):
    """Timesteps 500 and 501 give predictions that differ visibly, as fast frequencies make them."""
    near, far, size = _distances(replays)
    if not near > SHARE[0] * far > 1e-7 * size:
        raise Failure(
            f"timesteps 500 and 501 differ {near / max(far, 1e-30):.1%} as much as 500 and 50",
            misconception="one number between 0 and 1 moves by a thousandth from one timestep to the next; many "
            "frequencies tell both near and distant timesteps apart",
            help="Which module turns t into an embedding, and what is t when it gets there?",
        )


def check_the_network_treats_neighbouring_timesteps_alike(replays):
    """Timesteps 500 and 501 give predictions that are more alike than those of 500 and 50."""
    near, far, size = _distances(replays)
    if not (near < SHARE[1] * far and far > 1e-7 * size):
        raise Failure(
            f"timesteps 500 and 501 differ {near / max(far, 1e-30):.1%} as much as 500 and 50",
            misconception="a table with a row for each timestep starts without any neighbourhood; it would have to "
            "learn a thousand tasks one by one",
            help="The embedding of exercise 2 is smooth in t before anything is learned.",
        )


def check_the_spatial_network_is_the_simple_one(replays):
    """Encoder, decoder and skip connections are UNetSimple's: the same convolutions, layer by layer."""
    require_same_convolutions(replays["simple_unet"].parameters, replays["sinusoidal_unet"].parameters)


def check_the_network_learns(replays):
    """On one batch the loss of UNetSinusoidal falls to less than a third within thirty steps."""
    replay = replays["sinusoidal_unet_trained"]
    losses = replay.losses
    require_start_values(replay.trained_parameters)
    if all(torch.equal(tensor, replay.trained_parameters[name]) for name, tensor in replay.parameters.items()):
        raise Failure("none of its parameters moved", help="Do gradients reach the parameters?")
    if not losses or not all(map(math.isfinite, losses)) or not losses[-1] < losses[0] / 3:
        shown = f"{losses[0]:.3f} to {losses[-1]:.3f}" if losses else "nothing"
        raise Failure(
            f"in {len(losses)} steps on one batch the loss went from {shown}",
            help="Do gradients reach the convolutions, and is the prediction free to be negative?",
        )


def check_the_layers_of_the_timestep_learn(replays):
    """Training moves every linear layer on the timestep's way into the network."""
    replay = replays["sinusoidal_unet_trained"]
    require_start_values(replay.trained_parameters)
    layers = {name: tensor for name, tensor in replay.parameters.items() if tensor.dim() == 2}
    still = [name for name, tensor in layers.items() if torch.equal(tensor, replay.trained_parameters[name])]
    if still or len(layers) < 2:
        raise Failure(
            f"{len(still)} of {len(layers)} linear layers stayed as they were"
            + (f"; the first is {still[0]}" * bool(still)),
            misconception="the sinusoids are fixed, the layers behind them are not: they learn what of the timestep "
            "matters",
            help="Is the embedding computed inside no_grad, detached, or left out of the sum?",
        )


def check_both_networks_were_trained_alike(work, replays):
    """Both networks were trained, with the same number of steps."""
    if not _can_be_trained(replays, "simple_unet_trained") and work.training.backwards:
        return  # as it was handed out it cannot, and the student tried
    counts = [steps_with(work, replays[name].parameters) for name in ("simple_unet", "sinusoidal_unet")]
    if min(counts) == 0 or counts[0] != counts[1]:
        raise Failure(
            f"{counts[0]} steps were made with UNetSimple and {counts[1]} with UNetSinusoidal",
            misconception="two networks compare only after the same training",
            help="Each network needs an optimizer that holds its own parameters.",
        )


def check_the_simple_network_can_be_trained(replays):
    """UNetSimple, as the notebook defines it, can be trained."""
    losses = replays["simple_unet_trained"].losses
    if len(losses) < 2 or not all(map(math.isfinite, losses)):
        raise Failure(f"its losses in two steps on one batch are {losses}")


def _can_be_trained(replays, name):
    try:
        replays[name]
    except Failure:
        return False
    return True


def _distances(replays):
    """Distance of the predictions at 500 and 501, at 500 and 50, and the size of a prediction, of the same picture."""
    here, beyond, far, *_ = (_tensor(answer).double() for answer in replays["sinusoidal_unet"].outputs)
    if not here.shape == beyond.shape == far.shape:
        raise Failure("predictions of one picture differ in shape")
    return float((here - beyond).norm()), float((here - far).norm()), float(here.norm())
