"""Conditioning the U-Net: the timestep read off many clocks, refined by two layers, and spoken to every channel."""

import math

import torch

from assay import Failure
from assay.claims import (
    explain,
    groups,
    require_equal_lengths,
    require_layers_learned,
    require_loss_falls,
    require_moved,
    require_neighbourhood,
    require_noised_pictures,
    require_plain_norm,
    require_same_convolutions,
    require_sinusoids,
    require_start_values,
    require_stated_parameters,
    require_trained_alike,
    require_two_layers,
    shows_neighbourhood,
)

# Exercise 1: the sinusoidal embedding ---------------------------------------------------------------------------------


def check_columns_are_sines_and_cosines_of_the_timesteps(replays):
    """The columns are the sines and cosines of t / 10000^(2i/d), each of them once, in any order."""
    for given, answer in _calls(replays["hidden_timesteps"]):
        require_sinusoids(given["t"], given["d_emb"], _tensor(answer))


def check_every_embedding_has_the_same_length(replays):
    """Every embedding has the squared length d / 2, as sines and cosines in pairs have."""
    for given, answer in _calls(replays["hidden_timesteps"]):
        require_equal_lengths(given["t"], given["d_emb"], _tensor(answer))


def check_neighbouring_timesteps_are_alike_and_distant_ones_are_not(replays):
    """Timesteps 500 and 501 have nearly the same embedding, 500 and 50 have not."""
    require_neighbourhood(*(_tensor(answer) for answer in replays["known_timesteps"].outputs))


def check_a_single_timestep_is_embedded_too(replays):
    """A single timestep, as a number or as a tensor, gives one embedding."""
    for given, answer in _calls(replays["single_timesteps"]):
        found = _tensor(answer)
        if found.numel() != given["d_emb"] or not bool(torch.isfinite(found).all()):
            raise Failure(
                f"one timestep gave an embedding of shape {list(found.shape)}, not {given['d_emb']} numbers",
                misconception="a timestep always comes as a batch: a plain number has no first dimension to broadcast "
                "over the frequencies",
                help="Turn a number into a tensor with one timestep first.",
            )


def _calls(replay):
    return zip(replay.inputs, replay.outputs, strict=True)


def _tensor(answer):
    if isinstance(answer, tuple):
        raise Failure(f"{len(answer)} tensors came back, not one")
    return answer


# Exercise 2: the timestep MLP -----------------------------------------------------------------------------------------


def check_the_mlp_has_the_parameters_of_two_layers(work, replays):
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
    layers = 257 * 512, 513 * 512
    require_stated_parameters(work.printed, (*layers, sum(layers)))


def check_the_embedding_passes_two_layers_with_a_gelu_between(replays):
    """The module gives Linear, GELU, Linear of the timestep's sinusoidal embedding."""
    for name, inner, outer in (("hidden_mlp", 256, 512), ("narrow_mlp", 64, 96)):
        replay = replays[name]
        for given, answer in _calls(replay):
            require_two_layers(given["t"], _tensor(answer), replay.parameters, inner, outer)


def check_similarities_of_timesteps_were_drawn(work):
    """A picture shows the cosine similarity of many timesteps with one another, brightest along the diagonal."""
    squares = [image for image in work.images if image.dim() == 2 and len(image) >= 10]
    if not any(shows_neighbourhood(image) for image in squares):
        raise Failure(
            f"none of {len(squares)} pictures is a table of cosine similarities that falls off from the diagonal",
            misconception="a table of the embeddings themselves shows waves; how alike two timesteps are is the cosine "
            "of their embeddings",
            help="Normalise the embeddings of many timesteps and multiply them with one another.",
        )


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
    require_plain_norm(replays["hidden_modulation"].parameters)


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

NETWORKS = {"UNetSimple": "simple_unet", "UNetSinusoidal": "sinusoidal_unet"}
SHARE = (0.03, 0.6)  # distance of 500 to 501 by that of 500 to 50: sinusoids 0.15-0.35, one number 0.004, a table 1


def check_the_network_answers_in_the_shape_of_its_input(replays):
    """UNetSinusoidal turns noisy digits and their timesteps into predictions of the same shape."""
    for given, answer in _calls(replays["sinusoidal_unet"]):
        found = _tensor(answer)
        if found.shape != given["x"].shape or not bool(torch.isfinite(found).all()):
            raise Failure(
                f"pictures of shape {list(given['x'].shape)} gave {list(found.shape)}, or no numbers",
                misconception="the network gives one answer a picture; what it predicts is the noise in every pixel",
                help="Print the shapes along the way down and up: where do height, width or channels stop matching?",
            )


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
    require_moved(replay.parameters, replay.trained_parameters)
    require_loss_falls(replay.losses, 1 / 3)


def check_the_layers_of_the_timestep_learn(replays):
    """Training moves every linear layer on the timestep's way into the network."""
    replay = replays["sinusoidal_unet_trained"]
    require_layers_learned(replay.parameters, replay.trained_parameters)


def check_both_networks_were_trained_alike(work, replays):
    """Both networks were trained, with the same number of steps and the same settings, on fresh gradients."""
    if not _can_be_trained(replays, "simple_unet_trained") and work.training.backwards:
        return  # as it was handed out it cannot, and the student tried
    named = {name: replays[replay].parameters for name, replay in NETWORKS.items()}
    require_trained_alike(work, named)


def check_the_noisy_digits_follow_the_forward_process(work):
    """The networks were trained on sqrt(alpha_bar) times a digit plus sqrt(1 - alpha_bar) times noise, and asked for
    that noise."""
    require_noised_pictures(work)


def check_the_simple_network_can_be_trained(replays):
    """UNetSimple, as the notebook defines it, can be trained."""
    losses = replays["simple_unet_trained"].losses
    if len(losses) < 2 or not all(map(math.isfinite, losses)):
        raise Failure(
            f"its losses in two steps on one batch are {losses}",
            misconception="a network that gives an answer can also be trained; an answer that is not finite, or does "
            "not depend on the weights, has no gradient to follow",
            help="Give it one batch, and look at the loss before and after one step.",
        )


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
