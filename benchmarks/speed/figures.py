"""Figures of the record, found by what they are of and written for a table."""

from __future__ import annotations

from typing import Any

Figure = dict[str, Any]


def find(record: dict[str, Any], measurement: str, unit: str, **of: Any) -> Figure | None:
    """The one figure of a measurement that is of these things; None where it is not recorded."""
    figures = record["measurements"].get(measurement, {"figures": []})["figures"]
    found = [each for each in figures if each["unit"] == unit and each["of"] == of]
    return found[0] if found else None


def every(record: dict[str, Any], measurement: str, key: str) -> list[Any]:
    """The different values of one thing that a measurement's figures are of, in their order."""
    figures = record["measurements"][measurement]["figures"]
    return list(dict.fromkeys(each["of"][key] for each in figures if key in each["of"]))


def number(value: float) -> str:
    """Three significant digits, thousands apart."""
    if abs(value) >= 1000:
        digits = len(str(int(abs(value)))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:#.3g}".rstrip(".")


def spread(figure: Figure | None, middle: str = "") -> str:
    """Median and quartiles; the median alone where it was measured once."""
    if figure is None:
        return "-"
    low, high = figure["quartiles"]
    text = number(figure["median"]) + middle
    return text if figure["times"] == 1 else f"{text} [{number(low)}, {number(high)}]"


def limit(figure: Figure | None) -> str:
    """What the machine would allow."""
    return "-" if figure is None or "limit" not in figure else number(figure["limit"])


def table(header: list[str], rows: list[list[str]], words: int = 1) -> list[str]:
    """Markdown; the first columns are words, the others numbers."""
    rule = ["---"] * words + ["--:"] * (len(header) - words)
    lines = [header, rule, *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
