"""Decides how a notebook runs as on a machine with a GPU where there is none: the GPU's paths, its names, its dtypes.

Everything still computes on the CPU. What is added is what only a GPU would complain of: attributes that the real
library's objects do not have, and numbers of two widths in one layer.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import Any

# The cell that is run before all others; it has no place in the notebook.
BEGIN = "from assay.coursework.stand_in import begin as _begin_stand_in; _begin_stand_in()"
NAME = "a stand-in for a GPU"
MEMORY = 15 * 2**30  # bytes: a T4 as Colab lends it
_VALUES = {"name": NAME, "total_memory": MEMORY, "major": 7, "minor": 5, "multi_processor_count": 40}


def begin() -> None:
    """Let this process's torch say that there is a GPU, and be as strict as one."""
    import torch

    cuda: Any = torch.cuda
    cuda.is_available = lambda: True
    cuda.device_count = lambda: 1
    cuda.current_device = lambda: 0
    cuda.get_device_name = lambda *_, **__: NAME
    cuda.get_device_capability = lambda *_, **__: (7, 5)
    cuda.get_device_properties = lambda *_, **__: _properties()
    cuda.mem_get_info = lambda *_, **__: (MEMORY, MEMORY)
    _require_one_width()


def property_names() -> set[str]:
    """The attributes of the object that `torch.cuda.get_device_properties` returns, from the library's own stubs."""
    import torch

    stubs = Path(torch.__file__).parent / "_C" / "__init__.pyi"
    for node in ast.walk(ast.parse(stubs.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name == "_CudaDeviceProperties":
            return {
                name
                for part in node.body
                for name in (
                    [part.target.id] if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
                    else [part.name] if isinstance(part, ast.FunctionDef) else []
                )
            }  # fmt: skip
    return set(_VALUES)


class _Missing:
    """Says what the real object would say for an attribute that it has not."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'torch._C._CudaDeviceProperties' object has no attribute {name!r}")


def _properties() -> Any:
    found = _Missing()
    found.__dict__ |= {name: _VALUES.get(name, 0) for name in property_names()}
    return found


def _require_one_width() -> None:
    """On a CPU, assay computes half-precision models in float32; a GPU refuses an input of another width."""
    from diffusers import UNet2DConditionModel
    from diffusers.models.autoencoders.vae import Decoder, Encoder

    for owner in (UNet2DConditionModel, Encoder, Decoder):
        _strict(owner)


def _strict(owner: Any) -> None:
    original = owner.forward

    @functools.wraps(original)
    def forward(self: Any, sample: Any, *args: Any, **kwargs: Any) -> Any:
        import torch

        if not torch.is_autocast_enabled("cuda"):
            own = next(iter(self.parameters())).dtype
            texts = [v for v in (kwargs.get("encoder_hidden_states"), *args) if torch.is_tensor(v) and v.dim() == 3]
            for given in (sample, *texts):
                if given.is_floating_point() and given.dtype != own:
                    raise RuntimeError(
                        f"Input type ({given.dtype}) and weight type ({own}) should be the same "
                        f"(in the forward of {type(self).__name__}, on a GPU)"
                    )
        return original(self, sample, *args, **kwargs)

    owner.forward = forward
