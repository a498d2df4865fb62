"""Lets transformers and diffusers import beside a torchvision whose compiled operators do not fit this torch."""

from __future__ import annotations

from typing import Any

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
# A library's definitions vanish with the object that made them.
_kept: list[Any] = []


def define_missing_operators() -> list[str]:
    """Define `torchvision::nms` and `::qnms` where they are missing; call it before transformers is imported.

    torchvision registers fake kernels for both while it is imported and fails when the operators do not exist,
    which is the case beside a torch of another build. Their transforms need neither. With a fitting pair, whose
    operators come with torchvision's own extension, nothing is defined.

    Returns:
        The names defined now: none on a second call, none where torchvision is whole or not installed.
    """
    import torch

    try:
        import torchvision  # noqa: F401 - a fitting pair brings its operators itself

        return []
    except ImportError:
        return []
    except RuntimeError as error:  # "operator torchvision::nms does not exist"
        if "torchvision::" not in str(error):
            raise
    missing = [name for name in ("nms", "qnms") if not hasattr(torch.ops.torchvision, name)]
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in missing:
        library.define(name + _SIGNATURE)  # type: ignore[no-untyped-call]
    _kept.append(library)
    return missing
