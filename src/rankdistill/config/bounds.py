"""What a number or a word may be, by the name of its setting: looked up before PyTorch is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from rankdistill.config.references import Setting
from rankdistill.quoting import excerpt


class Bound(NamedTuple):
    """What a value must be.

    Attributes:
        words: How a sentence goes on after "must".
        kind: What the value must be at all, for a value of another type.
        is_kind: Whether a value is of that type.
        holds: Whether a value of that type lies within the bound.
    """

    words: str
    kind: str
    is_kind: Callable[[Any], bool]
    holds: Callable[[Any], bool]


def is_whole_number(value: Any) -> bool:
    """Return whether a value is a whole number, which true and false are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_any_number(value: Any) -> bool:
    """Return whether a value is a number."""
    return isinstance(value, float) or is_whole_number(value)


def _at_least(low: int) -> Bound:
    return Bound(
        f"be at least {low}", "a whole number", is_whole_number, lambda value: value >= low
    )


def _number(words: str, holds: Callable[[float], bool]) -> Bound:
    return Bound(words, "a number", is_any_number, holds)


def _one_of(*options: str) -> Bound:
    words = f"be one of {', '.join(options)}"
    return Bound(words, words.removeprefix("be "), lambda _: True, lambda value: value in options)


_ONE = _at_least(1)
_ONE_OR_NULL = _ONE._replace(words="be at least 1, or null")
_ZERO = _at_least(0)
_POSITIVE = _number("be positive", lambda value: 0 < value < math.inf)
_NOT_NEGATIVE = _number("not be negative", lambda value: 0 <= value < math.inf)
_SHARE = _number("lie in [0, 1]", lambda value: 0 <= value <= 1)
_PART = _number("lie in [0, 1)", lambda value: 0 <= value < 1)
_BITS = Bound(
    "be 32, 16, or between 8 and 2",
    "a whole number",
    is_whole_number,
    lambda value: value in {*range(2, 9), 16, 32},
)
_ACTIVATION = _one_of("identity", "relu", "sigmoid", "tanh")
_PROPER = _number("lie between 0 and 1", lambda value: 0 < value < 1)

BOUNDS: dict[str, Bound] = {
    "anneal_epochs": _ONE,
    "batch_size": _ONE,
    "beta": _NOT_NEGATIVE,
    "bits": _BITS,
    "cache_mib": _POSITIVE,
    "candidates": _ONE,
    "convolution_activation": _ACTIVATION,
    "cut_weight": _POSITIVE,
    "decay_epochs": _ONE_OR_NULL,
    "dense_activation": _ACTIVATION,
    "dropout": _PART,
    "duplicates": _one_of("last", "error"),
    "ease_share": _SHARE,
    "embedding_dim": _ONE,
    "embedding_dim_to": _ONE_OR_NULL,
    "final_flops": _POSITIVE,
    "feed_forward_factor": _ONE,
    "hidden_dim": _ONE,
    "gain": _POSITIVE,
    "gain_decay": _POSITIVE,
    "history_dropout": _PART,
    "horizontal_filters": _ONE,
    "init_std": _POSITIVE,
    "interactions_from": _ONE_OR_NULL,
    "items_per_batch": _ONE,
    "keep": _one_of("best", "last"),
    "l2": _POSITIVE,
    "lambda_": _POSITIVE,
    "learning_rate": _POSITIVE,
    "least_steps": _ZERO,
    "length": _ONE,
    "length_power": _NOT_NEGATIVE,
    "limit": _ONE,
    "max_entities": _ONE,
    "max_epochs": _ONE,
    "masked_at_test": _one_of("all", "training"),
    "max_gib": _POSITIVE,
    "memory_gib": _POSITIVE,
    "mu": _POSITIVE,
    "n_jobs": _ONE_OR_NULL,
    "n_trials": _ONE,
    "num_blocks": _ONE,
    "num_corrections": _ONE,
    "num_experts": _ONE,
    "num_groups": _ONE,
    "num_heads": _ONE,
    "num_interactions": _ONE,
    "num_iterations": _ZERO,
    "num_layers": _ONE,
    "num_negatives": _ONE,
    "num_nodes": _ONE,
    "num_pairs": _ONE,
    "num_sampled": _ONE_OR_NULL,
    "num_samples": _ONE,
    "num_tail": _ONE,
    "num_users": _ONE,
    "oversampling": _ZERO,
    "patience": _ONE,
    "pool": _ONE,
    "popularity_exponent": _number("lie in [0, 4]", lambda value: 0 <= value <= 4),
    "penalty": _one_of("log", "share"),
    "power": _NOT_NEGATIVE,
    "rank": _ONE,
    "rare": _ONE,
    "recall_users": _ONE,
    "refresh_every": _ONE,
    "rescore": _ZERO,
    "start_iterations": _ONE,
    "rounded_epochs": _ZERO,
    "rows_gib": _POSITIVE,
    "at_once": _ONE_OR_NULL,
    "trials_at_once": _ONE,
    "stretches": _ONE,
    "sampled_items": _at_least(2),
    "sampled_negatives": _ONE_OR_NULL,
    "sampled_share": _number("lie above 0 and up to 1", lambda value: 0 < value <= 1),
    "scale": _POSITIVE,
    "search": _one_of("exact", "index"),
    "targets": _ONE,
    "teacher_temperature": _POSITIVE,
    "temperature": _POSITIVE,
    "ties": _one_of("random", "file"),
    "top_k": _ONE,
    "trajectory": _ONE,
    "user_block": _ONE,
    "user_pairs": _ONE_OR_NULL,
    "users_per_file": _ONE,
    "users": _one_of("known", "all", "every"),
    "vertical_filters": _ONE,
    "warmup_epochs": _ZERO,
    "weight_decay": _NOT_NEGATIVE,
    "workers": _ONE,
}
"""Bounds by the name of a setting, wherever it stands. A value of null is left to what reads it."""

BOUNDS_OF: dict[str, dict[str, Bound]] = {
    "SyntheticDataModule": {"num_items": _at_least(10), "seed": _ZERO},
    "RandomSplit": {"validation": _PART, "test": _PART},
    "TemporalSplit": {"validation": _PART, "test": _PART},
    "LastShareSplit": {"validation": _PART, "test": _PART},
    "LeaveLastOut": {"validation": _ZERO, "test": _ZERO},
    "LeaveRandomOut": {"validation": _ZERO, "test": _ZERO},
    "UserHalvesSplit": {"held_out": _PROPER, "validation_users": _PROPER},
    "NewUsersSplit": {"validation": _PART, "test": _PART, "history": _PROPER},
    "Collaborative": {"gamma": _POSITIVE},
    "Gbce": {"t": _SHARE},
    "TopologyDistillation": {"gamma": _SHARE},
    "Unbiased": {"pool": _at_least(2)},
    "AuxiliaryHeads": {"weight": _POSITIVE},
    "SharedEstimate": {"weight": _POSITIVE},
}
"""Bounds of the settings of one class."""


def bound_of(name: str, owner: str | None = None) -> Bound | None:
    """Find the bound of a setting.

    Args:
        name: Of the setting, without where it stands.
        owner: Name of the class that the setting is an argument of, without its module.
    """
    return BOUNDS_OF.get(owner or "", {}).get(name) or BOUNDS.get(name)


def refuse_out_of_bounds(settings: Iterator[Setting]) -> None:
    """Raise a ValueError that names the first setting whose value lies out of its bound."""
    for setting in settings:
        bound = bound_of(setting.name, setting.owner)
        if bound is None or isinstance(setting.value, Mapping):
            continue
        is_list = isinstance(setting.value, list)
        for value in setting.value if is_list else [setting.value]:
            if fault := _fault(bound, value):
                raise ValueError(f"{setting.key} must {fault}, got {excerpt(value)}.")


def check_bounds(place: str, values: Mapping[str, Any]) -> None:
    """Raise a ValueError where a value lies out of its bound.

    Args:
        place: Where the settings stand, or nothing: at the top.
        values: By the name of the setting.
    """
    settings = (
        Setting(f"{place}.{name}".lstrip("."), name, None, value) for name, value in values.items()
    )
    refuse_out_of_bounds(settings)


def _fault(bound: Bound, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and bound.is_kind(1):  # a number between quotes is one
        value = _read_number(value)
    if not bound.is_kind(value):
        return f"be {bound.kind}"
    return None if bound.holds(value) else bound.words


def _read_number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
