"""Where training starts: the autoencoder as a plain reduction of the picture by eight, the U-Net as the identity.

From the library's random start a short training finds outlines but no colours, because the norms before the last
convolutions take a picture's mean away. Here two constant channels of opposite sign dominate each of those norms,
which leaves them nearly linear, and every colour travels beside its negative, because silu(x) - silu(-x) = x. The
U-Net's start uses that too: at late timesteps the noised latent nearly is the noise, and an error there grows 14 times.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

# The constant channels' value: against colours within [-1, 1] the norm's divisor then varies by less than 5 %.
CONSTANT = 4.0
_COLOURS = torch.eye(3)
# To the widths of the model: red, green, blue, a constant; and the same with the negatives, which is eight.
_FOUR = torch.cat([_COLOURS, torch.zeros(1, 3)])
_EIGHT = torch.tensor(
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1], [0, 0, 0, -1]]
).float()


@torch.no_grad()
def start_as_reduction(model: Any, pictures: Tensor) -> None:
    """Set an AutoencoderKL of widths (4, 8, 8, 8) to reduce and enlarge; `pictures` float32 [N, 3, H, W] in [-1, 1]."""
    for name, weight in model.named_parameters():
        if ".conv2." in name:  # the residual branches begin with no effect
            weight.zero_()
    _start_encoder(model)
    _start_decoder(model)
    fit_last_convolution(model, pictures)


@torch.no_grad()
def fit_last_convolution(model: Any, pictures: Tensor) -> None:
    """Solve the decoder's last 3x3 convolution by least squares: the four features to the pictures' colours."""
    features: list[Tensor] = []
    hook = model.decoder.conv_out.register_forward_pre_hook(lambda _, inputs: features.append(inputs[0]))
    model(pictures)
    hook.remove()
    patches = torch.nn.functional.unfold(features[0], 3, padding=1).transpose(1, 2).flatten(0, 1).double()
    patches = torch.cat([patches, torch.ones(len(patches), 1, dtype=torch.float64)], dim=1)
    wanted = pictures.flatten(2).transpose(1, 2).flatten(0, 1).double()
    ridge = 1e-3 * len(patches) * torch.eye(patches.shape[1], dtype=torch.float64)
    solved = torch.linalg.solve(patches.T @ patches + ridge, patches.T @ wanted).float()
    convolution = model.decoder.conv_out
    convolution.weight.copy_(solved[:-1].T.reshape(convolution.weight.shape))
    convolution.bias.copy_(solved[-1])


@torch.no_grad()
def start_as_identity(model: Any) -> None:
    """Let a UNet2DConditionModel with four norm groups return its sample, by the skip from its first convolution."""
    first, last = model.conv_in, model.conv_out
    final = model.up_blocks[-1].resnets[-1]
    width = first.weight.shape[0]
    final.conv2.weight.zero_()
    final.conv2.bias.zero_()
    # Its input is what came up, then the skip; only the skip counts at first.
    final.conv_shortcut.weight[:, :-width] *= 0.1
    final.conv_shortcut.weight[:, -width:] = torch.eye(width)[:, :, None, None]
    last.weight *= 0.1
    for channel in range(4):
        plus, minus = width // 4 * channel, width // 4 * channel + 1
        for place, sign in ((plus, 1.0), (minus, -1.0)):
            first.weight[place] = 0
            first.weight[place, channel, 1, 1] = sign
            first.bias[place] = 0
            last.weight[channel, place] = 0
            last.weight[channel, place, 1, 1] = 0.8 * sign


def _start_encoder(model: Any) -> None:
    encoder = model.encoder
    set_centre(encoder.conv_in, _FOUR)
    encoder.conv_in.bias[3] = CONSTANT
    for block in encoder.down_blocks:
        _widen(block)
        reduce_by_means(block)
    start_latents(model)


def reduce_by_means(block: Any) -> None:
    """Where a block reduces, take the mean of 2x2 pixels of each channel."""
    for sampler in block.downsamplers or ():
        sampler.conv.weight.zero_()
        sampler.conv.weight[:, :, :2, :2] = torch.eye(len(sampler.conv.weight))[:, :, None, None] / 4
        sampler.conv.bias.zero_()


def start_latents(model: Any) -> None:
    """Three latent channels begin as the colours, of which the encoder has the negatives too: silu(x) - silu(-x) = x.
    The fourth begins faint and finds its own use."""
    last = model.encoder.conv_out
    last.weight[3:] *= 0.3
    last.weight[:3] = 0
    last.weight[:3, :6, 1, 1] = torch.cat([_COLOURS, -_COLOURS], dim=1)
    last.bias.zero_()
    set_centre(model.quant_conv, torch.eye(8))


def enlarge_smoothly(block: Any, channels: Iterable[int]) -> None:
    """Where a block enlarges, repeating pixels, smooth the steps of these channels; the others stay what they are."""
    row = torch.tensor([0.25, 0.5, 0.25])
    for sampler in block.upsamplers or ():
        set_centre(sampler.conv, torch.eye(len(sampler.conv.weight)))
        for channel in channels:
            sampler.conv.weight[channel, channel] = torch.outer(row, row)


def _start_decoder(model: Any) -> None:
    decoder = model.decoder
    set_centre(model.post_quant_conv, torch.eye(4))
    to_eight = _EIGHT.clone()
    to_eight[6:] = 0
    to_eight[:, 3] = 0
    # The encoder's last norm divided by about half of CONSTANT.
    set_centre(decoder.conv_in, to_eight * CONSTANT / 2)
    decoder.conv_in.weight[:, 3] = torch.randn_like(decoder.conv_in.weight[:, 3]) * 0.1
    decoder.conv_in.bias[6:] = torch.tensor([CONSTANT, -CONSTANT])
    for block in decoder.up_blocks:
        _widen(block)
        enlarge_smoothly(block, range(6))
    decoder.conv_norm_out.bias.fill_(8.0)  # far on the right, SiLU is a straight line


def _widen(block: Any) -> None:
    """Where a block's first layer changes the width, carry each channel over to its namesake."""
    shortcut = getattr(block.resnets[0], "conv_shortcut", None)
    if shortcut is not None:
        narrow_to_wide = shortcut.weight.shape[0] == 8
        set_centre(shortcut, _EIGHT if narrow_to_wide else torch.cat([torch.eye(3, 8), torch.eye(8)[6:7]]))


def set_centre(convolution: Any, matrix: Tensor) -> None:
    """The matrix in the kernel's middle, as far as it reaches; everything else zero."""
    middle = convolution.weight.shape[-1] // 2
    convolution.weight.zero_()
    convolution.weight[: matrix.shape[0], : matrix.shape[1], middle, middle] = matrix
    convolution.bias.zero_()
