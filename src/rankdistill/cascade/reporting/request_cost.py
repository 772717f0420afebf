"""What a request costs a cascade, in floating-point operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rankdistill.cascade.reporting.wording import operations, share_text


class RequestCost(NamedTuple):
    """Operations of a request with a number of candidates.

    Attributes:
        candidates: Items that the early ranker scores.
        early_per_item: Operations of the early ranker for one item.
        early_per_request: Operations of the early ranker that do not depend on the candidates.
        final_per_item: Operations of the final ranker for one item.
    """

    candidates: float
    early_per_item: float
    early_per_request: float
    final_per_item: float

    def cascade(self, kept: float) -> float:
        """The early ranker on all candidates, and the final ranker on those kept."""
        early = self.candidates * self.early_per_item + self.early_per_request
        return early + kept * self.final_per_item

    @property
    def final_alone(self) -> float:
        """The final ranker on every candidate."""
        return self.candidates * self.final_per_item


def request_cost(result: Mapping[str, Any]) -> RequestCost:
    """The cost that a result holds."""
    cost = result["cost"]
    early, final = cost["early_ranker"], cost["final_ranker"]
    return RequestCost(
        candidates=cost["candidates"],
        early_per_item=early["flops_per_item"],
        early_per_request=early["flops_per_request"],
        final_per_item=final["flops_per_item"],
    )


def cost_sentence(cost: RequestCost, kept: int) -> str:
    """What an item and a request cost, against the final ranker."""
    return (
        f"An item costs the early ranker {operations(cost.early_per_item)} FLOPs, "
        f"{share_text(cost.early_per_item / cost.final_per_item)} of the final ranker's "
        f"{operations(cost.final_per_item)}. A request of {cost.candidates:,.0f} candidates costs "
        f"a cascade that keeps {kept:,} of them {operations(cost.cascade(kept))} FLOPs, "
        f"{share_text(cost.cascade(kept) / cost.final_alone)} of the "
        f"{operations(cost.final_alone)} of the final ranker on all."
    )


def rescoring_sentence(rescoring: Mapping[str, Any], cost: RequestCost) -> str:
    """What it cost to score further candidates offline, beside requests that are served."""
    served = rescoring["flops"] / cost.final_alone
    return (
        f"The final ranker scored {rescoring['candidates']:,.0f} further candidates offline, "
        f"{rescoring['candidates'] / rescoring['requests']:,.0f} of each of "
        f"{rescoring['requests']:,.0f} training requests: {operations(rescoring['flops'])} FLOPs, "
        f"as many as {served:,.0f} requests of {cost.candidates:,.0f} candidates that it ranks "
        f"alone; it took {rescoring['seconds']:,.0f} s."
    )
