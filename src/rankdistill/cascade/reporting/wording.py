"""How the models and the measures of a cascade are written for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from rankdistill.reporting.sweep_job import mapping, sequence
from rankdistill.reporting.wording import file_size, less_is_better

FINAL, NONE, AUXILIARY, SHARED = "final_ranker", "none", "auxiliary", "shared"
STUDENTS = (NONE, AUXILIARY, SHARED)
CASCADE_LABELS = {FINAL: "final ranker", NONE: "none", AUXILIARY: "auxiliary", SHARED: "shared"}
IN_SENTENCES = {
    FINAL: "final ranker",
    NONE: "early ranker without teacher labels",
    AUXILIARY: "auxiliary form",
    SHARED: "shared form",
}
_KIND_LABELS = {
    "marked": "marked invalid",
    "unmarked": "invalid, not marked",
    "stale": "stale, not marked",
}
SIGNIFICANT = 0.05
_TOP_AND_CUT = re.compile(r"@(\d+)_(?:in|after)_(\d+)$")


class Focus(NamedTuple):
    """The measures that a report puts first, named as in a result without "test/".

    Attributes:
        recall: How much of the final ranker's top the early ranker keeps.
        joint: How many of the items that users liked survive both cuts.
        after: Quality of the cascade.
        alone: Quality of a model that ranks everything by itself.
        tau: Order of the survivors.
        kept: The cut m of them all.
    """

    recall: str
    joint: str
    after: str
    alone: str
    tau: str
    kept: int


def focus(result: Mapping[str, Any]) -> Focus:
    """The cut of the result's "monitor", else of the first recall that was measured, else 100."""
    names = dict.fromkeys(
        name.removeprefix("test/")
        for summary in mapping(result.get("models")).values()
        for name in metrics_of(summary)
    )
    monitor = str(result.get("monitor", "")).removeprefix("val/")
    recall = next(
        (name for name in (monitor, *names) if name.startswith("recall_of_final@")),
        "recall_of_final@20_in_100",
    )
    found = _TOP_AND_CUT.search(monitor) or _TOP_AND_CUT.search(recall)
    kept = int(found[2]) if found else 100
    alone = str(mapping(result.get("needed_cut")).get("metric") or "ndcg@10")
    top_k = alone.partition("@")[2]
    return Focus(
        recall=recall,
        joint=f"joint_recall@{top_k}_after_{kept}",
        after=f"{alone}_after_{kept}",
        alone=alone,
        tau=f"kendall_tau_in_{kept}",
        kept=kept,
    )


def metrics_of(summary: Mapping[str, Any], statistic: str = "mean") -> dict[str, Any]:
    """Mean (or "std") of each metric of a model; empty where there is none."""
    return mapping(mapping(summary.get(statistic)).get("metrics"))


def students_of(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Those of the early rankers that a result has, in the order of the report."""
    models = mapping(result.get("models"))
    return {model: models[model] for model in STUDENTS if model in models}


def find_test(
    tests: Any, metric: str, model: str, against: str | None = None
) -> Mapping[str, Any] | None:
    """The test of a model on a metric, against another where that is said; None for none."""
    return next(
        (
            test
            for test in map(mapping, sequence(tests))
            if test.get("metric") == metric
            and test.get("model") == model
            and against in (None, test.get("against"))
        ),
        None,
    )


def kind_label(kind: str) -> str:
    """What is wrong with the rows of a corruption."""
    return _KIND_LABELS.get(kind, kind)


def gain(test: Mapping[str, Any]) -> float:
    """The difference of a test, positive where the model is better."""
    return -test["difference"] if less_is_better(test["metric"]) else test["difference"]


def relative_text(test: Mapping[str, Any]) -> str:
    """``+12.3%``; empty where there is nothing to relate to."""
    return "" if test.get("relative") is None else f"{test['relative']:+.1%}"


def share_text(share: float) -> str:
    """``10%``, ``0.3%``, ``99.5%``."""
    return f"{100 * share:.3g}%"


def operations(number: float) -> str:
    """FLOPs in the unit that fits, of 1000: ``850``, ``21.2 k``, ``1.05 M``, ``2.00 G``."""
    return file_size(number).removesuffix("B").rstrip()
