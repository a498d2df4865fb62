"""What became of one model object's weights, exercise by exercise, against the judge's own copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from assay.judging.originals import accepted_digests, believes_the_kernel, place_of, plain_name

Entry = tuple[str, list[int], str]  # dtype, shape, digest
Tensors = dict[str, Entry]


@dataclass
class ModelHistory:
    """A model that the notebook loaded: where from, and every later state that the witness wrote down."""

    label: str
    kind: str
    cls: str
    source: str | None
    subfolder: str | None
    loaded: dict[str, Any]
    states: list[dict[str, Any]] = field(default_factory=list)
    casts: list[dict[str, Any]] = field(default_factory=list)  # to another type, and no value changed
    adapted: bool = False  # trained by way of a LoRA adapter
    last_step: int | None = None  # the cell of the last optimizer step that moved a part of it
    merged: bool = False  # an adapter has been merged since that step
    unseen: list[int] = field(default_factory=list)  # exercises at whose end the weights could not be looked at
    _changed: dict[int, list[str] | None] = field(default_factory=dict)

    def tensors(self, exercise: int) -> Tensors:
        """Every tensor as it was when `exercise` ended, or when the model was deleted before.

        Raises:
            LookupError: the witness could not look at the weights; what was not seen must not pass for unchanged.
        """
        if any(number <= exercise for number in self.unseen):
            raise LookupError(f"the weights of {self.label} could not be looked at")
        now = {name: _entry(value) for name, value in self.loaded["tensors"].items()}
        for state in self.states:
            if state["exercise"] <= exercise:
                now |= {name: _entry(value) for name, value in state["changed"].items()}
                for name in state["gone"]:
                    now.pop(name, None)
        return now

    def changed(self, exercise: int) -> list[str] | None:
        """Names of the original's tensors whose bits are not the original's any more (LoRA's own are none of them),
        without the token embedding table, which has a check of its own; None when the kit has no such model.

        Raises:
            LookupError: as `tensors`; or a cast rounded the weights, and no original is at hand.
        """
        if exercise not in self._changed:
            self._changed[exercise] = self._compare(exercise)
        return self._changed[exercise]

    def _compare(self, exercise: int) -> list[str] | None:
        now = {plain_name(name): value for name, value in self.tensors(exercise).items()}
        originals = self._accepted("torch.float32")
        if originals:
            return self._unlike(now, originals, lambda name, e: e[2] in self._accepted(e[0]).get(name, set()))
        if self.source is None or not believes_the_kernel():
            return None
        known = self._since_loading()
        return self._unlike(now, known, lambda name, entry: self._is_as_loaded(name, entry, known[name]))

    def _unlike(self, now: Tensors, names: Iterable[str], is_known: Callable[[str, Entry], bool]) -> list[str]:
        wrong: list[str] = []
        for name in names:
            if "token_embedding" in name or (name not in now and self._is_wrapped(name, now)):
                continue
            if name not in now or not is_known(name, now[name]):
                wrong.append(name)
        return wrong

    def is_in_use(self, cell: int) -> bool:
        """Whether a look at the weights in this cell comes after training by way of an adapter has ended: merging it
        in, and out again, to draw pictures changes the base by design, and by a rounding for good."""
        trained = self.last_step is not None and (self.merged or cell > self.last_step)
        return self.adapted and trained

    def _is_wrapped(self, name: str, now: Tensors) -> bool:
        """torch's parametrize keeps a wrapped tensor under another name."""
        owner, _, leaf = name.rpartition(".")
        return any(other.startswith(f"{owner}.parametrizations.{leaf}.") for other in now)

    def _accepted(self, dtype: str) -> dict[str, set[str]]:
        return accepted_digests(self.cls, self.source or "", self.subfolder, dtype)

    def _since_loading(self) -> dict[str, dict[str, str]]:
        """For each tensor: type to digest of what the kernel loaded, and of what casts made of it that rounded
        nothing."""
        known = {plain_name(name): {value[0]: value[2]} for name, value in self.loaded["tensors"].items()}
        for fact in self.casts:
            for name, (before, after) in fact["tensors"].items():
                digests = known.get(plain_name(name), {})
                if before in digests.values():
                    digests.setdefault(after[0], after[2])
        return known

    def _is_as_loaded(self, name: str, now: Entry, digests: dict[str, str]) -> bool:
        if now[0] not in digests:
            raise LookupError(
                f"{name} was cast to {now[0].removeprefix('torch.')}, which rounded it or came with a change, and "
                f"there is no {self.source!r} to compare it with"
            )
        return now[2] == digests[now[0]]


def _entry(value: list[Any]) -> Entry:
    return str(value[0]), [int(size) for size in value[1]], str(value[2])


def histories(facts: list[dict[str, Any]]) -> dict[str, ModelHistory]:
    """Every model that the facts speak of, by label, in the order of loading."""
    found: dict[str, ModelHistory] = {}
    holders: dict[int, set[str]] = {}
    for fact in facts:
        if fact["kind"] == "load":
            source, subfolder = place_of(fact.get("source"), fact.get("subfolder"))
            made = ModelHistory(fact["label"], fact["what"], fact["cls"], source, subfolder, fact)
            found[fact["label"]] = _with_origin(made, list(found.values()))
        elif fact["kind"] == "state" and fact["label"] in found:
            model = found[fact["label"]]
            if not model.is_in_use(fact["cell"]):
                model.states.append(fact)
        elif fact["kind"] == "cast" and fact["label"] in found:
            found[fact["label"]].casts.append(fact)
        elif fact["kind"] in ("trainable", "optimizer", "step", "merge"):
            _follow(fact, found, holders)
        elif fact["kind"] == "stumble" and fact.get("label") in found:
            found[fact["label"]].unseen.append(fact["exercise"])
    return found


def _follow(fact: dict[str, Any], found: dict[str, ModelHistory], holders: dict[int, set[str]]) -> None:
    """Keep track of training by way of adapters; `holders` gives the models that an optimizer holds parts of."""
    if fact["kind"] == "optimizer":
        holders[fact["optimizer"]] = {p["model"] for p in fact["parameters"]}
    elif fact["kind"] == "step":
        for label in holders.get(fact["optimizer"], set()) & found.keys():
            found[label].last_step, found[label].merged = fact["cell"], False
    elif (model := found.get(fact["label"])) is not None:
        model.adapted = model.adapted or any(".lora_A." in name for name in fact.get("parameters", ()))
        model.merged = model.merged or fact["kind"] == "merge"


def _with_origin(made: ModelHistory, earlier: list[ModelHistory]) -> ModelHistory:
    """A copy of a model that was loaded comes from where that one did; it is held against the same original."""
    if made.source is None:
        for other in earlier:
            shapes = {name: value[1] for name, value in other.tensors(made.loaded["exercise"]).items()}
            if other.cls == made.cls and shapes == {n: v[1] for n, v in made.loaded["tensors"].items()}:
                made.source, made.subfolder = other.source, other.subfolder
    return made
