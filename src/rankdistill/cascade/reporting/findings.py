"""What a cascade's result shows: one sentence a finding, none that its tests do not bear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rankdistill.cascade.model_names import FINAL_RANKER, USERS_ALONE
from rankdistill.cascade.reporting.contents import focus
from rankdistill.cascade.reporting.wording import kind_label, model_label, share_text
from rankdistill.metrics.directions import less_is_better
from rankdistill.reporting.wording import SIGNIFICANT, decimal, listed, metric_label, p_value


def findings(result: Mapping[str, Any]) -> Iterator[str]:
    """Say how the students compare, how many items they must keep, and what faulty logs do.

    Args:
        result: The content of ``cascade.json``.
    """
    look = focus(result)
    for metric in (look.recall, look.joint, look.after, "ce"):
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
    by_fault: dict[tuple[str, float], list[Mapping[str, Any]]] = {}
    for entry in result["corruption"]:
        tests = [test for test in entry["tests"] if test["metric"] == look.recall]
        by_fault.setdefault((entry["kind"], entry["share"]), []).extend(tests)
    for (kind, share), tests in by_fault.items():
        yield (
            f"With {share_text(share)} of the logged rows {kind_label(kind)}, compared with the "
            f"clean log on {metric_label(look.recall)}, {outcomes(tests)}."
        )
    if len(result["seeds"]) == 1:
        yield "There is one seed: nothing says how much another would change."


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
