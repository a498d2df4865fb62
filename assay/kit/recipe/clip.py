"""Trains the CLIP pair on pictures and captions of the world, from big and from tiny (32x32) pictures alike."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from assay.kit.learned import models
from assay.kit.recipe.captions import captioned, tokens
from assay.kit.recipe.work import Training, Work

PICTURES, STEPS, BATCH = 8000, 3000, 64
VISION_STEPS = 1500
_SIDE = 112  # half of CLIP's picture: the world has no finer detail that captions speak of
# OpenAI's means and deviations, with which every CLIP's pictures are normalised.
MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def train(work: Work) -> Any:
    """The trained CLIPModel; rows of words outside the world keep their random start. Resumes from `work`."""
    torch.manual_seed(2)
    model = models.clip()
    finished = work.load("clip.pt")
    if finished is not None:
        model.load_state_dict(finished)
        return model.eval()
    start(model)
    pictures, captions = captioned(PICTURES, _SIDE, 12, work, "CLIP", plain=0.5)
    ids = tokens(captions)
    ids = ids[:, : int((ids != ids[0, -1]).sum(1).max()) + 1]  # beyond the longest caption's end nothing is learned
    training = Training("clip", work, model, STEPS, 1.5e-3, decay=0.99)
    for _ in training.run():
        chosen = torch.randint(0, PICTURES, (BATCH,))
        training.descend(_loss(model, normalised(_blurred(pictures[chosen], 6)), ids[chosen]))
    work.save("clip.pt", model.state_dict())
    return model.eval()


def finish(work: Work) -> Any:
    """Train the vision half on, with the text half as it is: nobody who conditions on texts has to wait for it."""
    model = train(work)
    finished = work.load("vision.pt")
    if finished is not None:
        model.load_state_dict(finished)
        return model.eval()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(("vision", "visual", "logit")))
    pictures, captions = captioned(PICTURES, _SIDE, 13, work, "CLIP", plain=0.5)
    ids = tokens(captions)
    with torch.no_grad():
        said = model.get_text_features(input_ids=ids[:, :24]).pooler_output
    training = Training("vision", work, model, VISION_STEPS, 1e-3, decay=0.99)
    for _ in training.run():
        chosen = torch.randint(0, PICTURES, (BATCH,))
        seen = model.get_image_features(pixel_values=normalised(_blurred(pictures[chosen], 2))).pooler_output
        training.descend(_contrast(model, seen, said[chosen], ids[chosen]))
    work.save("vision.pt", model.state_dict())
    return model.eval()


@torch.no_grad()
def start(model: Any) -> None:
    """Token rows as far apart as the real CLIP's; patches begin as the lowest cosine waves of each colour."""
    torch.nn.init.normal_(model.text_model.embeddings.token_embedding.weight, std=0.4)
    torch.nn.init.normal_(model.text_model.embeddings.position_embedding.weight, std=0.05)
    torch.nn.init.normal_(model.vision_model.embeddings.position_embedding.weight, std=0.05)
    model.logit_scale.fill_(math.log(10.0))
    patch = model.vision_model.embeddings.patch_embedding.weight
    x = (torch.arange(models.PATCH) + 0.5) * math.pi / models.PATCH
    orders = sorted(((a, b) for a in range(8) for b in range(8)), key=sum)[: models.VISION_WIDTH // 3]
    patch.zero_()
    for number, (a, b) in enumerate(orders):
        wave = torch.outer(torch.cos(a * x), torch.cos(b * x)) / models.PATCH
        for colour in range(3):
            patch[3 * number + colour, colour] = wave


def normalised(pictures: Tensor) -> Tensor:
    """uint8 [N, 3, H, W] as CLIP sees them: float32 [N, 3, 224, 224]."""
    large = F.interpolate(pictures.float() / 255, size=(models.PICTURE,) * 2, mode="bilinear", antialias=False)
    return (large - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]


def _blurred(pictures: Tensor, shift: int) -> Tensor:
    """Half of the batch reduced to 32x32 and enlarged, as CIFAR-10's pictures come; all shifted by as much at most."""
    count = len(pictures) // 2
    dy, dx = (int(torch.randint(-shift, shift + 1, ())) for _ in range(2))
    moved = torch.roll(pictures, (dy, dx), dims=(2, 3)).float()
    tiny = F.interpolate(moved[:count], size=(32, 32), mode="area")
    moved[:count] = F.interpolate(tiny, size=moved.shape[-2:], mode="bicubic")
    # Brightness and contrast vary, so that a decoded latent is no stranger.
    gain = 1 + 0.12 * torch.randn(len(moved), 1, 1, 1)
    return (moved * gain + 8 * torch.randn(len(moved), 1, 1, 1)).clamp(0, 255)


def _loss(model: Any, pictures: Tensor, ids: Tensor) -> Tensor:
    seen = model.get_image_features(pixel_values=pictures).pooler_output
    return _contrast(model, seen, model.get_text_features(input_ids=ids).pooler_output, ids)


def _contrast(model: Any, seen: Tensor, said: Tensor, ids: Tensor) -> Tensor:
    scale = model.logit_scale.exp().clamp(max=60)
    logits = scale * F.normalize(seen, dim=1) @ F.normalize(said, dim=1).T
    # Equal captions in one batch are equally right.
    same = (ids[:, None] == ids[None]).all(-1).float()
    wanted = same / same.sum(1, keepdim=True)
    return (F.cross_entropy(logits, wanted) + F.cross_entropy(logits.T, wanted)) / 2
