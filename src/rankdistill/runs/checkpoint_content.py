"""What a checkpoint of this project holds, checked before anything in it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from torch import Tensor

from rankdistill.runs.tensor_files import is_stored_whole

BACKBONE, NETWORK = "backbone", "network"
"""What modules call the network that is served: recommenders, and the rankers of a cascade."""

_MOST_VALUES, _DEEPEST = 10_000, 32
"""Settings of a checkpoint, and how deep they are nested: ours have some hundred, six deep."""

_MOST_ROWS = 1 << 31


class TrainedOn(TypedDict):
    """The data of a model, to be compared with those at hand.

    ``untested`` is there, and true, where nothing was held out.
    """

    fingerprint: str
    split_fingerprint: str
    split_seed: int
    config: dict[str, Any]
    untested: NotRequired[bool]


class Checkpoint(TypedDict):
    """What Lightning wrote and this project reads again.

    ``hyper_parameters`` holds the arguments of the module: the settings of its network under
    BACKBONE (with ``num_users`` and ``num_items``) or NETWORK, and ``data``, a TrainedOn.
    """

    state_dict: dict[str, Tensor]
    hyper_parameters: dict[str, Any]
    epoch: int


def checkpoint_fault(content: object) -> str | None:
    """What is wrong with what a checkpoint file holds, in a few words, or None."""
    if not isinstance(content, Mapping):
        return "it holds no dictionary"
    for key in ("state_dict", "hyper_parameters", "epoch"):
        if key not in content:
            return f"it lacks {key}"
    if not _is_count(content["epoch"], least=0):
        return "its epoch is no number"
    return _state_fault(content["state_dict"]) or _hyper_fault(content["hyper_parameters"])


def _state_fault(state: object) -> str | None:
    if not isinstance(state, Mapping):
        return "its state_dict is no dictionary"
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            return "its state_dict holds something else than named tensors"
        if not is_stored_whole(tensor):
            return "its state_dict holds a tensor without all its numbers"
    return None


def _hyper_fault(hyper: object) -> str | None:
    if not isinstance(hyper, Mapping) or not hyper.keys() & {BACKBONE, NETWORK}:
        return "it names no backbone"
    if not _is_plain(hyper):
        return "its hyper_parameters are not plain values"
    name = BACKBONE if BACKBONE in hyper else NETWORK
    node = hyper[name]
    if not isinstance(node, Mapping) or not isinstance(node.get("_target_"), str):
        return f"its {name} names no class"
    if name == BACKBONE:
        for key in ("num_users", "num_items"):
            if not _is_count(hyper.get(key), least=1):
                return f"its {key} is no number of rows"
    return _data_fault(hyper.get("data"))


def _data_fault(data: object) -> str | None:
    if not isinstance(data, Mapping):
        return "it does not say what it was trained on"
    for key in ("fingerprint", "split_fingerprint"):
        if not isinstance(data.get(key), str):
            return f"it has no {key} of its data"
    if not isinstance(data.get("split_seed"), int):
        return "it has no split_seed"
    config = data.get("config")
    if not isinstance(config, Mapping) or not isinstance(config.get("data"), Mapping):
        return "it has no configuration of its data"
    return None


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < _MOST_ROWS


def _is_plain(root: object) -> bool:
    """Whether a value is nested of few plain ones; what refers to itself is not."""
    waiting, num_values = [(root, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        num_values += 1
        if num_values > _MOST_VALUES or depth > _DEEPEST:
            return False
        if isinstance(value, Mapping):
            if not all(isinstance(key, str) for key in value):
                return False
            waiting += [(each, depth + 1) for each in value.values()]
        elif isinstance(value, list | tuple):
            waiting += [(each, depth + 1) for each in value]
        elif not (value is None or isinstance(value, str | int | float | bool)):
            return False
    return True
