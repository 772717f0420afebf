"""What a sweep shows in a few plain sentences, one per finding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rankdistill.reporting.wording import (
    SIGNIFICANT,
    counted,
    decimal,
    levels_text,
    listed,
    mean_text,
    metric_label,
    p_value,
    percentage,
)
from rankdistill.sweeps.levels import level_text

_MOST_AXES = 4


def reading(summary: Mapping[str, Any]) -> list[str]:
    """Write what the numbers of a summary show: extent, best, the axes that matter, cautions.

    Args:
        summary: What ``build_sweep_summary`` returned.
    """
    if not summary["configurations"]:
        return ["No job has ended well yet: there is nothing to compare."]
    effects = summary["effects"]
    told = [each for each in effects if len(effects) == 1 or each["eta_squared"] is not None]
    axes = [_effect(each, is_first=each is told[0]) for each in told[:_MOST_AXES]]
    return [_extent(summary), _best(summary), *axes, *_cautions(summary)]


def _extent(summary: Mapping[str, Any]) -> str:
    values = [each["mean"][f"test/{summary['metric']}"] for each in summary["configurations"]]
    metric = f"test {metric_label(summary['metric'])}"
    fewest, most = summary["num_seeds"]
    seeds = counted(most, "seed") if fewest == most else f"{fewest} to {most} seeds"
    if len(values) == 1:
        return f"There is one configuration, of {seeds}, with {metric} {decimal(values[0])}."
    return (
        f"{len(values):,} configurations of {seeds} each reach {metric} from "
        f"{decimal(min(values))} to {decimal(max(values))}."
    )


def _best(summary: Mapping[str, Any]) -> str:
    best, key = summary["configurations"][0], f"test/{summary['metric']}"
    name = levels_text(best["levels"], summary["axes"]) or "the only configuration"
    start = f"Best on validation is {name}, with {mean_text(best['mean'][key], best['std'][key])}"
    test = best["test"]
    if best["is_baseline"]:
        return f"{start} on test; it is the baseline itself."
    if test is None:
        return f"{start} on test; it has no baseline to be compared with."
    over = "over" if test["difference"] > 0 else "against"
    remark = "" if test["p_holm"] < SIGNIFICANT else ", which may be chance"
    return (
        f"{start} on test: {decimal(test['difference'], signed=True)} {over} its baseline "
        f"({p_value(test['p_holm'])} by Holm{remark})."
    )


def _effect(effect: Mapping[str, Any], *, is_first: bool) -> str:
    """Say how much an axis matters, and how its best level compares with its worst."""
    if effect["eta_squared"] is None:
        return f"{_best_against_worst(effect)}."
    axis, share = effect["axis"], percentage(effect["eta_squared"])
    start = (
        f"{axis} matters most, {share} of the variance between configurations"
        if is_first
        else f"{axis} explains {share} of it"
    )
    return f"{start}: {_best_against_worst(effect)}."


def _best_against_worst(effect: Mapping[str, Any]) -> str:
    """Compare on test the levels that are best and worst on validation."""
    best = next(each for each in effect["levels"] if each["level"] == effect["best"])
    worst = min(effect["levels"], key=lambda each: each["val"])
    if worst is best:
        return f"no level of {effect['axis']} stands out on validation"
    start = (
        f"{effect['axis']}={level_text(best['level'])} is best on validation, with a mean on test "
        f"of {decimal(best['test'])} against {decimal(worst['test'])} of "
        f"{level_text(worst['level'])}"
    )
    test = worst["versus_best"]
    if test is None:
        return f"{start}, too few pairs of runs to test"
    if test["p_holm"] >= SIGNIFICANT:
        return f"{start}, a difference that may be chance ({p_value(test['p_holm'])} by Holm)"
    return f"{start} ({p_value(test['p_holm'])} by Holm)"


def _cautions(summary: Mapping[str, Any]) -> list[str]:
    """Say what makes the findings less certain: the first reason that applies."""
    effects, (fewest, most) = summary["effects"], summary["num_seeds"]
    if mixed := [each["axis"] for each in effects if not each["num_complete"]]:
        return [f"Levels of {listed(mixed)} differ in the other axes too: no effect is read there."]
    if partial := [e["axis"] for e in effects if e["num_complete"] < e["num_combinations"]]:
        return [f"Combinations are missing: effects of {listed(partial)} rest on a part of them."]
    if fewest < most:
        return ["Configurations differ in their number of seeds: those with few are less certain."]
    return ["There is one seed: nothing says how much another would change."] if most == 1 else []
