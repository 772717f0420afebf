"""How losses by wrong scores in the log are drawn: bars against the clean log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from rankdistill.cascade.reporting.drawing import COLOURS, INK, LEGEND, axis_label
from rankdistill.cascade.reporting.wording import (
    STUDENTS,
    kind_label,
    share_text,
)
from rankdistill.reporting.sweep_job import mapping, sequence


def draw_corruption(
    axes: Axes,
    entries: Sequence[Mapping[str, Any]],
    metric: str,
    clean: Mapping[str, Mapping[str, Any]],
) -> None:
    """A group of bars per corruption, a bar per form: its change against its own clean log.

    Whiskers are the deviation of the change over the seeds that both have.
    """
    groups = corruptions(entries)
    models = [model for model in STUDENTS if model in {each["model"] for each in entries}]
    width = 0.8 / max(len(models), 1)
    for place, model in enumerate(models):
        bars = [
            (groups.index((each["kind"], each["share"])), _changes(each, clean[model], metric))
            for each in entries
            if each["model"] == model in clean
        ]
        heights = [group + (place - (len(models) - 1) / 2) * width for group, by_seed in bars]
        spreads = [stdev(by_seed) if len(by_seed) > 1 else 0.0 for _, by_seed in bars]
        axes.barh(
            heights,
            [fmean(by_seed) if by_seed else 0.0 for _, by_seed in bars],
            height=0.92 * width,
            xerr=spreads if any(spreads) else None,
            color=COLOURS[model],
            ecolor=INK,
            capsize=3,
            hatch="//" if model == "auxiliary" else None,
            edgecolor="white",
            label=LEGEND[model],
        )
    names = [f"{kind_label(kind)}, {share_text(share)}" for kind, share in groups]
    axes.set_yticks(range(len(groups)), names)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(f"change of {axis_label(metric)}")
    axes.grid(axis="x", color="#e5e5e5")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def corruptions(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """Kind and share of each corruption, once, in order."""
    return list(dict.fromkeys((each["kind"], each["share"]) for each in entries))


def _changes(each: Mapping[str, Any], clean: Mapping[str, Any], metric: str) -> list[float]:
    """The metric of each seed less that on the clean log, for the seeds that both have."""
    before, after = (
        {run.get("seed"): mapping(run.get("metrics")).get(f"test/{metric}") for run in runs}
        for runs in (map(mapping, sequence(of.get("runs"))) for of in (clean, each))
    )
    return [
        value - before[seed]
        for seed, value in after.items()
        if value is not None and before.get(seed) is not None
    ]
