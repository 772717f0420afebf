"""What a sweep says in a few plain sentences: what matters, and what does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rankdistill.reporting.sweep_wording import counted, level_text, levels_text, listed, mean_text
from rankdistill.reporting.wording import decimal, metric_label, p_value, percentage

_SIGNIFICANT = 0.05
_MOST_SENTENCES = 6


def reading(summary: Mapping[str, Any]) -> list[str]:
    """Three to six sentences from the numbers of a summary, none that they do not bear.

    Args:
        summary: Of the sweep; with no configuration there is one sentence that says so.
    """
    if not summary["configurations"]:
        return ["No job has ended well yet: there is nothing to compare."]
    sentences, caution = [_extent(summary), _best(summary)], _caution(summary)
    shares = [each for each in summary["effects"] if each["eta_squared"] is not None]
    if len(summary["effects"]) == 1 and not shares:
        sentences.append(f"{_difference(summary['effects'][0])}.")
    room = _MOST_SENTENCES - len(sentences) - len(caution)
    told = shares if len(shares) <= room else shares[: room - 1]
    sentences += [_effect(each, is_first=each is shares[0]) for each in told]
    if rest := shares[len(told) :]:
        parts = [f"{each['axis']} {percentage(each['eta_squared'])}" for each in rest]
        sentences.append(f"Less comes from the others: {listed(parts)}.")
    return [*sentences, *caution]


def _extent(summary: Mapping[str, Any]) -> str:
    metric = summary["metric"]
    values = [each["mean"][f"test/{metric}"] for each in summary["configurations"]]
    fewest, most = summary["num_seeds"]
    seeds = counted(most, "seed") if fewest == most else f"{fewest} to {most} seeds"
    if len(values) == 1:
        return (
            f"There is one configuration, of {seeds}, with {_metric(summary)} {decimal(values[0])}."
        )
    return (
        f"{len(values):,} configurations of {seeds} each reach {_metric(summary)} from "
        f"{decimal(min(values))} to {decimal(max(values))}."
    )


def _best(summary: Mapping[str, Any]) -> str:
    best, key = summary["configurations"][0], f"test/{summary['metric']}"
    name = levels_text(best["levels"], summary["axes"]) or "the only configuration"
    value = mean_text(best["mean"][key], best["std"][key])
    start = f"Best on validation is {name}, with {value} on test"
    test = best["test"]
    if best["is_baseline"]:
        return f"{start}; it is the baseline itself."
    if test is None:
        return f"{start}; it has no baseline to be compared with."
    shown = test["p_holm"] < _SIGNIFICANT
    over = "over" if test["difference"] > 0 else "against"
    remark = "" if shown else ", which may be chance"
    return (
        f"{start}: {decimal(test['difference'], signed=True)} {over} its baseline "
        f"({p_value(test['p_holm'])} by Holm{remark})."
    )


def _effect(effect: Mapping[str, Any], *, is_first: bool) -> str:
    share = percentage(effect["eta_squared"])
    if is_first:
        start = f"{effect['axis']} matters most, {share} of the variance between configurations"
    else:
        start = f"{effect['axis']} explains {share} of it"
    return f"{start}: {_difference(effect)}."


def _difference(effect: Mapping[str, Any]) -> str:
    """The best level against the worst, both by validation, on test."""
    levels = {level_text(each["level"]): each for each in effect["levels"]}
    best = level_text(effect["best"])
    worst = min(levels, key=lambda name: levels[name]["val"])
    if worst == best:
        return f"no level of {effect['axis']} stands out on validation"
    test = levels[worst]["versus_best"]
    start = (
        f"{effect['axis']}={best} is best on validation, with a mean on test of "
        f"{decimal(levels[best]['test'])} against {decimal(levels[worst]['test'])} of {worst}"
    )
    if test is None:
        return f"{start}, too few pairs of runs to test"
    if test["p_holm"] >= _SIGNIFICANT:
        return f"{start}, a difference that may be chance ({p_value(test['p_holm'])} by Holm)"
    return f"{start} ({p_value(test['p_holm'])} by Holm)"


def _caution(summary: Mapping[str, Any]) -> list[str]:
    mixed = [each["axis"] for each in summary["effects"] if not each["num_complete"]]
    if mixed:
        return [
            f"Levels of {listed(mixed)} were run in different company: no effect is read there."
        ]
    lopsided = [
        each["axis"]
        for each in summary["effects"]
        if each["num_complete"] < each["num_combinations"]
    ]
    fewest, most = summary["num_seeds"]
    if lopsided:
        return [f"Combinations are missing: effects of {listed(lopsided)} rest on a part of them."]
    if fewest < most:
        return ["Configurations differ in their number of seeds: those with few are less certain."]
    return ["There is one seed: nothing says how much another would change."] if most == 1 else []


def _metric(summary: Mapping[str, Any]) -> str:
    return f"test {metric_label(summary['metric'])}"
