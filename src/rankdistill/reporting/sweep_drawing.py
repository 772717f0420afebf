"""Draw the figures of a sweep's report into axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from rankdistill.reporting.style import COLOURS, INK, MARKERS, draw_grid
from rankdistill.reporting.wording import decimal, metric_label
from rankdistill.sweeps.levels import level_text

_SYMBOLS = {
    "backbone.embedding_dim": "embedding dim",
    "distillation.top_k": "$K$, positions that the teacher hands over",
    "distillation.alpha": r"$\alpha$, weight of distillation",
    "sharpness.lambda_": r"$\lambda$",
    "sharpness.mu": r"$\mu$",
}
_LONGEST_LABEL = 28
_ON_DARK, _ON_LIGHT = "#ffffff", "#111111"
"""Ink on coloured cells. Black would turn light on a dark page, and the cells stay as they are."""


def draw_effects(axes: Axes, summary: Mapping[str, Any]) -> None:
    """Draw a row per level of each axis: its mean, and a stroke per configuration."""
    rows: list[str] = []
    heads: list[tuple[float, str]] = []
    for number, effect in enumerate(summary["effects"]):
        heads.append((len(rows), _effect_title(effect)))
        rows.append("")
        colour = COLOURS[number % len(COLOURS)]
        for level in effect["levels"]:
            height = len(rows)
            axes.plot(
                level["values"], [height] * len(level["values"]), "|", color="#999999", markersize=5
            )
            axes.plot(level["test"], height, "o", color=colour, markersize=7, zorder=3)
            rows.append(level_text(level["level"]))
    axes.set_yticks(range(len(rows)), [short_label(row) for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.7)
    for height, title in heads:
        axes.annotate(
            title,
            (0, height),
            (6, 0),
            textcoords="offset points",
            xycoords=("axes fraction", "data"),
            va="center",
            fontweight="bold",
            color=INK,
        )
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(f"test {metric_label(summary['metric'])}")
    draw_grid(axes, "x")


def draw_curve(axes: Axes, curve: Mapping[str, Any], metric: str) -> None:
    """Draw a line per level of the second axis, with the deviation over seeds as a band."""
    numbers = sorted({point["x"] for line in curve["lines"] for point in line["points"]})
    for place, line in enumerate(curve["lines"]):
        colour = COLOURS[place % len(COLOURS)]
        x = [point["x"] for point in line["points"]]
        means = [point["mean"] for point in line["points"]]
        label = None if curve["by"] is None else short_label(level_text(line["level"]))
        marker = MARKERS[place % len(MARKERS)]
        axes.plot(x, means, color=colour, marker=marker, label=label)
        low = [point["mean"] - (point["std"] or 0) for point in line["points"]]
        high = [point["mean"] + (point["std"] or 0) for point in line["points"]]
        axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
    if min(numbers) > 0 and max(numbers) >= 5 * min(numbers):
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(FixedLocator(apart(axes, numbers)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(_SYMBOLS[curve["setting"]])
    axes.set_ylabel(f"test {metric_label(metric)}")
    draw_grid(axes, "y")
    if curve["by"] is not None:  # above the lines, which may be of any height
        axes.legend(
            title=short_label(curve["by"]),
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=2 if len(curve["lines"]) <= 4 else 3,
            frameon=False,
            fontsize=9,
            alignment="left",
        )


def draw_heat_map(axes: Axes, heat_map: Mapping[str, Any], metric: str) -> None:
    """Draw a cell per pair of numbers with its value; a pair without a value stays empty."""
    cells = [[float("nan") if v is None else v for v in row] for row in heat_map["mean"]]
    known = [value for row in heat_map["mean"] for value in row if value is not None]
    darkest, span = min(known), max(known) - min(known)
    axes.imshow(cells, cmap="cividis", aspect="auto", origin="lower")
    axes.set_xticks(range(len(heat_map["x"])), [f"{number:g}" for number in heat_map["x"]])
    axes.set_yticks(range(len(heat_map["y"])), [f"{number:g}" for number in heat_map["y"]])
    for row, values in enumerate(heat_map["mean"]):
        for column, value in enumerate(values):
            if value is not None:
                is_dark = value < darkest + 0.55 * span
                axes.annotate(
                    decimal(value),
                    (column, row),
                    ha="center",
                    va="center",
                    color=_ON_DARK if is_dark else _ON_LIGHT,
                    fontsize=min(11, 60 / len(values)),
                )
    axes.tick_params(length=0)
    axes.set_title(f"test {metric_label(metric)}", fontsize=11)
    axes.set_xlabel(_SYMBOLS[heat_map["across"]])
    axes.set_ylabel(_SYMBOLS[heat_map["down"]])


def short_label(text: str) -> str:
    """Cut a long text, and escape what matplotlib would read as a formula."""
    cut = text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"
    return cut.replace("$", r"\$")


def _effect_title(effect: Mapping[str, Any]) -> str:
    eta = effect["eta_squared"]
    return short_label(effect["axis"]) + ("" if eta is None else f", {eta:.0%} of the variance")


def apart(axes: Axes, numbers: list[float], least: float = 0.05) -> list[float]:
    """Keep the numbers whose labels have room beside each other on the x axis.

    Args:
        axes: Axes whose x scale is set.
        numbers: At least one, ascending; the first is always kept.
        least: Smallest distance of two labels, as a share of that from the first to the last.
    """
    transform = axes.get_xaxis_transform()
    kept: list[float] = []
    span = transform.transform((numbers[-1], 0))[0] - transform.transform((numbers[0], 0))[0]
    for number in numbers:
        place = transform.transform((number, 0))[0]
        if not kept or place - transform.transform((kept[-1], 0))[0] >= least * span:
            kept.append(number)
    return kept
