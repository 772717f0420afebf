"""What a request costs a cascade, in floating-point operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rankdistill.cascade.reporting.wording import operations, share_text
from rankdistill.reporting.sweep_job import mapping, numbers


class RequestCost(NamedTuple):
    """Operations of a request with a number of candidates.

    Attributes:
        candidates: Items that the early ranker scores.
        early: Of the early ranker, for all candidates and for the user's side.
        final_per_item: Of the final ranker.
    """

    candidates: float
    early: float
    final_per_item: float

    def cascade(self, kept: float) -> float:
        """Of the early ranker on all candidates and the final ranker on those kept."""
        return self.early + kept * self.final_per_item

    @property
    def final_alone(self) -> float:
        """Of the final ranker on every candidate."""
        return self.candidates * self.final_per_item


def request_cost(result: Mapping[str, Any]) -> RequestCost | None:
    """The cost that a result tells; None where it does not.

    The early ranker's "flops_per_request" are those that it needs once, whatever the number of
    candidates, and are added to "flops_per_item" times the candidates.
    """
    cost = mapping(result.get("cost"))
    early, final = (numbers(mapping(cost.get(name))) for name in ("early_ranker", "final_ranker"))
    candidates = numbers(cost).get("candidates")
    if candidates is None or not {"flops_per_item"} <= early.keys() & final.keys():
        return None
    return RequestCost(
        candidates=candidates,
        early=candidates * early["flops_per_item"] + early.get("flops_per_request", 0),
        final_per_item=final["flops_per_item"],
    )


def cost_sentence(result: Mapping[str, Any], kept: int) -> str | None:
    """What an item and a request cost, against the final ranker; None where it is not told."""
    cost = request_cost(result)
    if cost is None:
        return None
    early = result["cost"]["early_ranker"]["flops_per_item"]
    return (
        f"An item costs the early ranker {operations(early)} FLOPs, "
        f"{share_text(early / cost.final_per_item)} of the final ranker's "
        f"{operations(cost.final_per_item)}. A request of {cost.candidates:,.0f} candidates costs "
        f"a cascade that keeps {kept:,} of them {operations(cost.cascade(kept))} FLOPs, "
        f"{share_text(cost.cascade(kept) / cost.final_alone)} of the "
        f"{operations(cost.final_alone)} of the final ranker on all."
    )
