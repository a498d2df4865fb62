"""Where the learned autoencoder's training starts: as a plain reduction by eight that carries every colour exactly.

The calibrated kit's start (`assay.kit.starts`) is narrower, and a norm over four channels takes a picture's brightness
away: 20.6 dB, where the same reduction enlarged by cubic interpolation has 33. Here every colour travels beside its
negative at every width, two constants dominate each norm, and the channels beside those eight are free to learn.
"""

from __future__ import annotations

from typing import Any

import torch

from assay.kit.starts import CONSTANT, enlarge_smoothly, reduce_by_means, set_centre, start_latents

_COLOURS = torch.eye(3)
_PAIRS = torch.cat([_COLOURS, -_COLOURS, torch.zeros(2, 3)])  # [8, 3]: colours, their negatives, two constants
_CONSTANTS = (6, 7)


@torch.no_grad()
def start_as_wide_reduction(model: Any) -> None:
    """Set an AutoencoderKL of widths of at least eight, with one norm group, to reduce and enlarge."""
    for name, weight in model.named_parameters():
        if ".conv2." in name:  # the residual branches begin with no effect
            weight.zero_()
        elif name.endswith((".norm1.weight", ".norm2.weight")):
            weight.fill_(CONSTANT / 2)  # what the constants made small is large enough again to meet SiLU's bend
    _start_encoder(model)
    _start_decoder(model)


def _start_encoder(model: Any) -> None:
    encoder = model.encoder
    set_centre(encoder.conv_in, _PAIRS)
    encoder.conv_in.bias[6:8] = torch.tensor([CONSTANT, -CONSTANT])
    for block in encoder.down_blocks:
        _carry(block)
        reduce_by_means(block)
    start_latents(model)


def _start_decoder(model: Any) -> None:
    decoder = model.decoder
    set_centre(model.post_quant_conv, torch.eye(4))
    width = len(decoder.conv_in.weight)
    # The encoder's last norm divided by the deviation that the two constants give it.
    gain = CONSTANT * (2 / model.encoder.conv_norm_out.num_channels) ** 0.5
    free = 0.1 * torch.randn(width - 8, *decoder.conv_in.weight.shape[1:])
    set_centre(decoder.conv_in, torch.cat([gain * _PAIRS, torch.zeros(8, 1)], dim=1))
    decoder.conv_in.weight[8:] = free
    decoder.conv_in.bias[6:8] = torch.tensor([CONSTANT, -CONSTANT])
    for block in decoder.up_blocks:
        _carry(block)
        enlarge_smoothly(block, [channel for channel in range(_out(block)) if channel not in _CONSTANTS])


def _out(block: Any) -> int:
    return int(block.resnets[-1].out_channels)


def _carry(block: Any) -> None:
    """Where a block's first layer changes the width, the first eight channels stay what they are."""
    shortcut = getattr(block.resnets[0], "conv_shortcut", None)
    if shortcut is not None:
        set_centre(shortcut, torch.eye(*shortcut.weight.shape[:2]))
