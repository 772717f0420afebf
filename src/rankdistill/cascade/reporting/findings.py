"""What a cascade's result shows: one sentence a finding, none that its tests do not bear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rankdistill.cascade.model_names import FINAL_RANKER, USERS_ALONE
from rankdistill.cascade.reporting.contents import (
    focus,
    learned_from_what_was_shown,
    metrics_of,
    students_of,
)
from rankdistill.cascade.reporting.wording import (
    kind_label,
    model_label,
    share_text,
    stretches_text,
)
from rankdistill.metrics.directions import less_is_better
from rankdistill.reporting.wording import SIGNIFICANT, decimal, listed, metric_label, p_value


def findings(result: Mapping[str, Any]) -> Iterator[str]:
    """Say how the students compare, how many items they must keep, and what faulty logs do.

    Args:
        result: The content of ``cascade.json``.
    """
    look = focus(result)
    for metric in (*look.recalls, look.joint, look.after, "ce"):
        tests = [
            test
            for test in result["tests"]
            if (test["metric"], test["against"]) == (metric, USERS_ALONE)
            and test["model"] != FINAL_RANKER
        ]
        if tests:
            yield f"Compared with {USERS_ALONE} on {metric_label(metric)}, {outcomes(tests)}."
    top = look.recall.partition("@")[2].partition("_")[0]
    yield needed_cut_sentence(result["needed_cut"], metric_label(look.alone))
    yield needed_cut_sentence(result["needed_cut_of_choice"], f"top {top}")
    yield from _of_other_logs(result, look.recalls)
    if len(result["seeds"]) == 1:
        yield "There is one seed: nothing says how much another would change."


def _of_other_logs(result: Mapping[str, Any], recalls: Sequence[str]) -> Iterator[str]:
    """What further candidates, smaller logs, logs without peeking and faulty ones do."""
    if result["rescoring"] and result["rescoring"]["tests"]:
        tests = result["rescoring"]["tests"]
        yield from _told(tests, recalls, "With further candidates", "the log of what was shown")
    logs = dict.fromkeys((each["further"], each["share"]) for each in result["logged_share"])
    for further, share in logs:
        if kept := _gain_kept(result, share, further, recalls):
            yield kept
    for number, tests in _by(result["walk_forward"], "share").items():
        start = f"Logged by {stretches_text(number)}"
        against = f"the log of {stretches_text(result['stretches'])}"
        yield from _told(tests, recalls, start, against)
    for further, entries in _grouped(result["corruption"], "further").items():
        for share, of_share in _grouped(entries, "share").items():
            for kind, tests in _by(of_share, "kind").items():
                start = f"With {share_text(share)} of the logged rows {kind_label(kind)}"
                yield from _told(tests, recalls, f"{start}{_beside(further)}", "the clean log")


def _told(
    tests: Sequence[Mapping[str, Any]], recalls: Sequence[str], start: str, against: str
) -> Iterator[str]:
    for metric in recalls:
        if of_metric := [test for test in tests if test["metric"] == metric]:
            yield (
                f"{start}, compared with {against} on {metric_label(metric)}, "
                f"{outcomes(of_metric)}."
            )


def _gain_kept(
    result: Mapping[str, Any], share: float, further: int, recalls: Sequence[str]
) -> str | None:
    """How much of the gain over users alone is left where fewer rows are logged."""
    whole = students_of(result) if further else learned_from_what_was_shown(result)
    without = students_of(result).get(USERS_ALONE)
    texts = []
    for each in result["logged_share"]:
        full = whole[each["model"]]
        is_other = (each["share"], each["further"]) != (share, further)
        if without is None or is_other or each["mean"] == full["mean"]:
            continue
        parts = []
        for key in (f"test/{metric}" for metric in recalls):
            none = metrics_of(without)[key]
            gain, of_whole = metrics_of(each)[key] - none, metrics_of(full)[key] - none
            if of_whole > 0:
                parts.append(f"{gain / of_whole:.0%} at {key.rpartition('_')[2]}")
        if parts:
            texts.append(f"{model_label(each['model'])} {listed(parts)}")
    if not texts:
        return None
    return (
        f"With {share_text(share)} logged{_beside(further)}, of the whole log's gain over "
        f"{USERS_ALONE} in recall {listed(texts)} is left."
    )


def _beside(further: int) -> str:
    return f" and {further} further candidates of each request" if further else ""


def _grouped(entries: Sequence[Mapping[str, Any]], name: str) -> dict[Any, list[Mapping[str, Any]]]:
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for entry in entries:
        groups.setdefault(entry[name], []).append(entry)
    return groups


def _by(entries: Sequence[Mapping[str, Any]], name: str) -> dict[Any, list[Mapping[str, Any]]]:
    """The tests of all entries, by what an entry says under a name."""
    return {
        value: [test for entry in group for test in entry["tests"]]
        for value, group in _grouped(entries, name).items()
    }


def outcomes(tests: Sequence[Mapping[str, Any]]) -> str:
    """Which models are better, worse, or not shown to differ, with difference and p."""
    groups: dict[str, list[str]] = {}
    for test in tests:
        size = f"{decimal(test['difference'], signed=True)}, {p_value(test['p_holm'])}"
        groups.setdefault(_outcome(test), []).append(f"{model_label(test['model'])} ({size})")
    return "; ".join(
        f"{listed(models)} {'is' if len(models) == 1 else 'are'} {outcome}"
        for outcome, models in groups.items()
    )


def _outcome(test: Mapping[str, Any]) -> str:
    if test["p_holm"] >= SIGNIFICANT:
        return "not shown to differ"
    return "better" if (test["difference"] > 0) != less_is_better(test["metric"]) else "worse"


def needed_cut_sentence(needed: Mapping[str, Any], what: str) -> str:
    """How many items each student must keep for a share of the final ranker's quality or choice."""
    cuts = []
    for model, cut in needed["models"].items():
        enough = "more than was measured" if cut["mean"] is None else f"{cut['mean']:.1f}"
        cuts.append(f"{enough} with {model_label(model)}")
    share = share_text(needed["share"])
    return f"Items to keep for {share} of the final ranker's {what}: {listed(cuts)}."
