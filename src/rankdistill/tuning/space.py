"""The search space: the values that may be drawn for each setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from rankdistill.building import did_you_mean

Value = str | int | float | bool | None

DIGITS = 4
"""Digits of a drawn number, few enough to read and to type."""

BETWEEN = 0.382
"""Place inside a range where a setting that must be whole is not so by chance."""


@dataclass(frozen=True)
class Choices:
    """A setting with a few values, or a group with a few options."""

    values: tuple[Value, ...]

    @property
    def distribution(self) -> BaseDistribution:
        """The distribution that Optuna draws from."""
        return CategoricalDistribution(self.values)

    @property
    def samples(self) -> tuple[Value, ...]:
        """Values to try before anything is trained."""
        return self.values

    def shown(self, drawn: Value) -> Value:
        """Return the value that a trial runs with: the drawn one."""
        return drawn

    def could_be(self, value: Any) -> bool:
        """Return whether a value can be drawn."""
        return value in self.values


@dataclass(frozen=True)
class Range:
    """A number between two bounds, both included."""

    low: float
    high: float
    log: bool
    integer: bool

    @property
    def distribution(self) -> BaseDistribution:
        """The distribution that Optuna draws from."""
        if self.integer:
            return IntDistribution(int(self.low), int(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    @property
    def samples(self) -> tuple[Value, ...]:
        """Values to try before anything is trained."""
        between = self.low + BETWEEN * (self.high - self.low)
        return (self.low, self.shown(round(between) if self.integer else between), self.high)

    def shown(self, drawn: Any) -> Value:
        """Round a drawn number to a few digits, within the bounds."""
        if self.integer:
            return int(drawn)
        return min(max(float(f"{drawn:.{DIGITS}g}"), self.low), self.high)

    def could_be(self, value: Any) -> bool:
        """Return whether a value can be drawn."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and self.low <= value <= self.high


Entry = Choices | Range
Space = Mapping[str, Entry]


def read_space(node: Mapping[str, Any]) -> dict[str, Entry]:
    """Read the space that ``tuning.space`` describes.

    Args:
        node: Override key, of a group or of a setting, to ``{low, high, log, integer}`` or
            ``{choices}``.

    Raises:
        ValueError: Naming the entry and what is wrong with it.
    """
    if not node:
        raise ValueError(
            "There is nothing to tune: tuning.space is empty, or every setting in it is fixed."
        )
    return {key: _read(key, entry) for key, entry in node.items()}


def drawn_values(space: Space, params: Mapping[str, Any]) -> dict[str, Value]:
    """Turn what Optuna drew into the values that a trial runs with, by override key."""
    return {key: space[key].shown(params[key]) for key in space}


def as_override(key: str, value: Value) -> str:
    """Write a value as a person would type it."""
    plain: dict[Any, str] = {None: "null", True: "true", False: "false"}
    known = plain.get(value) if value is None or isinstance(value, bool) else None
    return f"{key}={value if known is None else known}"


def _read(key: str, entry: Any) -> Entry:
    where = f"tuning.space.{key}"
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where} must be {{low: ..., high: ...}} or {{choices: [...]}}.")
    known = ("choices",) if "choices" in entry else ("low", "high", "log", "integer")
    for name in entry:
        if name not in known:
            raise ValueError(f"{where} has no {name!r}{did_you_mean(str(name), known)}")
    return _read_choices(where, entry) if "choices" in entry else _read_range(where, entry)


def _read_choices(where: str, entry: Mapping[str, Any]) -> Choices:
    values = entry["choices"]
    if not isinstance(values, list) or not values or len(set(map(str, values))) < len(values):
        raise ValueError(f"{where}.choices must be a list of different values, got {values!r}.")
    if any(isinstance(value, dict | list) for value in values):
        raise ValueError(f"{where}.choices must be plain values; write a list as text: '[a,b]'.")
    return Choices(tuple(values))


def _read_range(where: str, entry: Mapping[str, Any]) -> Range:
    log, integer = (entry.get(name, False) for name in ("log", "integer"))
    for name, value in (("log", log), ("integer", integer)):
        if not isinstance(value, bool):
            raise ValueError(f"{where}.{name} must be true or false, got {value!r}.")
    kind, called = (int, "a whole number") if integer else ((int, float), "a number")
    for name in ("low", "high"):
        value = entry.get(name)
        if isinstance(value, bool) or not isinstance(value, kind):
            raise ValueError(f"{where}.{name} must be {called}, got {value!r}.")
    low, high = entry["low"], entry["high"]
    if not low < high:
        raise ValueError(f"{where}: low must be below high, got {low} and {high}.")
    if log and low <= 0:
        raise ValueError(f"{where}: a logarithmic range must begin above 0, got {low}.")
    return Range(low, high, log, integer)
