"""Parts of a cascade's result that tables, figures and findings read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rankdistill.cascade.model_names import FINAL_RANKER


class Focus(NamedTuple):
    """The measures that a report puts first, named as in a result without "test/".

    Attributes:
        recall: How much of the final ranker's top the early ranker keeps.
        joint: How many of the relevant items survive both stages.
        liked: How many of the liked items survive both stages.
        after: Quality of the two stages together.
        alone: Quality of a model that ranks every candidate by itself.
        tau: How far both rankers agree on the order of the survivors.
        kept: The number of items that the early ranker keeps for recall, joint, liked and after.
    """

    recall: str
    joint: str
    liked: str
    after: str
    alone: str
    tau: str
    kept: int


def focus(result: Mapping[str, Any]) -> Focus:
    """The measures at the cut of the monitored recall."""
    kept = int(result["monitor"].rpartition("_")[2])
    alone = result["needed_cut"]["metric"]
    top_k = alone.partition("@")[2]
    return Focus(
        recall=result["monitor"],
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


def metrics_of(summary: Mapping[str, Any], statistic: str = "mean") -> Mapping[str, Any]:
    """Mean (or "std") of each metric of a model, by names such as "test/ndcg@10"."""
    return summary[statistic]["metrics"]
