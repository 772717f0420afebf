"""What a cascade's result shows: one sentence a finding, none that its tests do not bear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from rankdistill.cascade.model_names import FINAL_RANKER, USERS_ALONE
from rankdistill.cascade.reporting.contents import focus
from rankdistill.cascade.reporting.wording import kind_label, model_label, share_text
from rankdistill.reporting.sweep_wording import listed
from rankdistill.reporting.wording import decimal, less_is_better, metric_label, p_value

SIGNIFICANT = 0.05


def findings(result: Mapping[str, Any]) -> Iterator[str]:
    """Say how the students compare, how many items they must keep, and what faulty logs do.

    Args:
        result: The content of ``cascade.json``.
    """
    look = focus(result)
    for metric in (look.recall, look.joint, look.after, "ce"):
        yield from _against_users_alone(result["tests"], metric)
    top = look.recall.partition("@")[2].partition("_")[0]
    yield _needed_cut(result["needed_cut"], metric_label(look.alone))
    yield _needed_cut(result["needed_cut_of_choice"], f"top {top}")
    by_fault = groupby(result["corruption"], key=lambda each: (each["kind"], each["share"]))
    for (kind, share), entries in by_fault:
        yield from _faulty_log(kind, share, list(entries), look.recall)
    if len(result["seeds"]) == 1:
        yield "There is one seed: nothing says how much another would change."


def _against_users_alone(tests: list[Mapping[str, Any]], metric: str) -> Iterator[str]:
    """Which students are better or worse than training on users alone, by one metric."""
    groups: dict[str, list[str]] = {}
    for test in tests:
        is_ours = (test["metric"], test["against"]) == (metric, USERS_ALONE)
        if is_ours and test["model"] != FINAL_RANKER:
            groups.setdefault(_outcome(test), []).append(_with_size(test))
    parts = [f"{listed(models)} {outcome}" for outcome, models in groups.items()]
    if parts:
        yield f"{metric_label(metric)} against {model_label(USERS_ALONE)}: {'; '.join(parts)}."


def _needed_cut(needed: Mapping[str, Any], what: str) -> str:
    """How many items each student must keep for a share of the final ranker's quality or choice."""
    cuts = []
    for model, cut in needed["models"].items():
        enough = "more than was measured" if cut["mean"] is None else f"{cut['mean']:.1f}"
        cuts.append(f"{enough} with {model_label(model)}")
    share = share_text(needed["share"])
    return f"Items to keep for {share} of the final ranker's {what}: {listed(cuts)}."


def _faulty_log(
    kind: str, share: float, entries: list[Mapping[str, Any]], metric: str
) -> Iterator[str]:
    """How a faulty log changes a metric against the clean log, form by form."""
    tests = [test for each in entries for test in each["tests"] if test["metric"] == metric]
    if tests:
        parts = [f"{_with_size(test)} {_outcome(test)}" for test in tests]
        rows = f"{share_text(share)} of the logged rows {kind_label(kind)}"
        yield f"{metric_label(metric)} with {rows}, against the clean log: {listed(parts)}."


def _outcome(test: Mapping[str, Any]) -> str:
    if test["p_holm"] >= SIGNIFICANT:
        return "not shown to differ"
    return "better" if (test["difference"] > 0) != less_is_better(test["metric"]) else "worse"


def _with_size(test: Mapping[str, Any]) -> str:
    size = f"{decimal(test['difference'], signed=True)}, {p_value(test['p_holm'])}"
    return f"{model_label(test['model'])} ({size})"
