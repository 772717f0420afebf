"""Bars of what faulty logs change, against the clean log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from rankdistill.cascade.reporting.contents import learned_from_what_was_shown
from rankdistill.cascade.reporting.curves import axis_label
from rankdistill.cascade.reporting.looks import looks_of
from rankdistill.cascade.reporting.wording import kind_label, model_label, share_text
from rankdistill.reporting.style import INK


def draw_corruption(axes: Axes, result: Mapping[str, Any], metric: str) -> None:
    """Draw a group of bars per faulty log, a bar per form: its change against its own clean log.

    Whiskers are the deviation of the change over the seeds.
    """
    entries = [each for each in result["corruption"] if not each["further"]]
    groups, looks = faulty_logs(entries), looks_of(result)
    clean = learned_from_what_was_shown(result)
    models = list(dict.fromkeys(each["model"] for each in entries))
    width = 0.8 / len(models)
    for place, model in enumerate(models):
        ours = [each for each in entries if each["model"] == model]
        changes = [_changes(each, clean[model], metric) for each in ours]
        rows = [groups.index((each["kind"], each["share"])) for each in ours]
        axes.barh(
            [row + (place - (len(models) - 1) / 2) * width for row in rows],
            [fmean(by_seed) for by_seed in changes],
            height=0.92 * width,
            xerr=[stdev(by_seed) for by_seed in changes] if len(changes[0]) > 1 else None,
            color=looks[model].colour,
            ecolor=INK,
            capsize=3,
            hatch=looks[model].hatch,
            edgecolor="white",
            label=model_label(model),
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


def faulty_logs(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """Kind and share of each faulty log, once, in order."""
    return list(dict.fromkeys((each["kind"], each["share"]) for each in entries))


def _changes(faulty: Mapping[str, Any], clean: Mapping[str, Any], metric: str) -> list[float]:
    """The metric of each seed on the faulty log less that on the clean one."""
    before = {run["seed"]: run["metrics"] for run in clean["runs"]}
    return [
        run["metrics"][f"test/{metric}"] - before[run["seed"]][f"test/{metric}"]
        for run in faulty["runs"]
    ]
