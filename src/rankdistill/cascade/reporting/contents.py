"""Parts of a cascade's result that tables, figures and findings read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rankdistill.cascade.model_names import FINAL_RANKER


class Focus(NamedTuple):
    """The measures that a report puts first, named as in a result without "test/".

    Attributes:
        recall: How much of the final ranker's top the early ranker keeps.
        narrow: That recall at the largest measured cut of at most half as many items; None where
            there is none.
        joint: How many of the relevant items survive both stages.
        liked: How many of the liked items survive both stages.
        after: Quality of the two stages together.
        alone: Quality of a model that ranks every candidate by itself.
        tau: How far both rankers agree on the order of the survivors.
        kept: The number of items that the early ranker keeps for recall, joint, liked and after.
    """

    recall: str
    narrow: str | None
    joint: str
    liked: str
    after: str
    alone: str
    tau: str
    kept: int

    @property
    def recalls(self) -> list[str]:
        """The recalls that tables show, the narrow one first."""
        return [self.recall] if self.narrow is None else [self.narrow, self.recall]


def focus(result: Mapping[str, Any]) -> Focus:
    """The measures at the cut of the monitored recall."""
    choice, _, number = result["monitor"].rpartition("_in_")
    kept = int(number)
    alone = result["needed_cut"]["metric"]
    top_k = alone.partition("@")[2]
    return Focus(
        recall=result["monitor"],
        narrow=next((f"{choice}_in_{m}" for m in reversed(result["kept"]) if 2 * m <= kept), None),
        joint=f"joint_recall@{top_k}_after_{kept}",
        liked=f"joint_recall_liked@{top_k}_after_{kept}",
        after=f"{alone}_after_{kept}",
        alone=alone,
        tau=f"kendall_tau_in_{result['agreement']}",
        kept=kept,
    )


def students_of(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The summaries of the early rankers, in the order of the result."""
    models = result["models"]
    return {model: models[model] for model in models if model != FINAL_RANKER}


def learned_from_what_was_shown(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The summaries of students whose log holds what was shown alone, whole and without faults.

    Where the main log has no further candidates, these are the students on the main log.
    """
    return {**students_of(result), **result["shown_alone"]}


def metrics_of(summary: Mapping[str, Any], statistic: str = "mean") -> Mapping[str, Any]:
    """Mean (or "std") of each metric of a model, by names such as "test/ndcg@10"."""
    return summary[statistic]["metrics"]
