"""Decides what 'cuda' means on a machine without a GPU: the CPU, wherever a notebook names the device."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

_FACTORIES = (
    "arange", "as_tensor", "empty", "empty_like", "eye", "full", "full_like", "linspace", "ones", "ones_like", "rand",
    "rand_like", "randint", "randn", "randn_like", "randperm", "tensor", "zeros", "zeros_like",
)  # fmt: skip
_SILENT = ("empty_cache", "synchronize", "reset_peak_memory_stats", "reset_max_memory_allocated", "ipc_collect")
_ZERO = ("memory_allocated", "max_memory_allocated", "memory_reserved", "max_memory_reserved")


def stand_in_for_cuda() -> None:
    """Redirect `.to('cuda')`, `.cuda()`, `device='cuda'` and the memory calls to the CPU; does nothing with a GPU."""
    if torch.cuda.is_available():
        return
    for owner in (torch.Tensor, torch.nn.Module):
        _replace(owner, "to", _redirect)
        _replace(owner, "cuda", _identity)
    _remember_constructors()
    for name in _FACTORIES:
        _replace(torch, name, _redirect)
    for name in _SILENT:
        setattr(torch.cuda, name, lambda *_, **__: None)
    for name in _ZERO:
        setattr(torch.cuda, name, lambda *_, **__: 0)
    _replace_generator()
    _skip_offloading()


def _remember_constructors() -> None:
    """Let torch list its own factories before they are wrapped: `with torch.device("meta")` compares functions with
    that list, and transformers builds every model under it."""
    from torch.utils import _device

    _device._device_constructors()


def on_cpu(device: object) -> Any:
    """`device`, with any CUDA device turned into the CPU."""
    if isinstance(device, str) and device.split(":")[0] == "cuda":
        return "cpu"
    if isinstance(device, torch.device) and device.type == "cuda":
        return torch.device("cpu")
    return device


def _replace(owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    setattr(owner, name, make(getattr(owner, name)))


def _redirect(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if "device" in kwargs:
            kwargs["device"] = on_cpu(kwargs["device"])
        return original(*[on_cpu(a) if isinstance(a, str | torch.device) else a for a in args], **kwargs)

    return call


def _identity(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def cuda(self: Any, *_: Any, **__: Any) -> Any:
        return self

    return cuda


def _replace_generator() -> None:
    original = torch.Generator

    class _AlsoOriginal(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, original)

    class Generator(metaclass=_AlsoOriginal):
        def __new__(cls, device: Any = "cpu") -> Any:
            return original(device=on_cpu(device))

    torch.Generator = Generator  # type: ignore[misc]


def _skip_offloading() -> None:
    from diffusers import DiffusionPipeline

    for name in ("enable_model_cpu_offload", "enable_sequential_cpu_offload"):
        setattr(DiffusionPipeline, name, lambda *_, **__: None)
