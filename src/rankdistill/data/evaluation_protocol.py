"""How models are measured: over whom, with which items masked, and among how many items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rankdistill.data.parting import Split

EVALUATED_USERS = ("known", "all", "every")
MASKED_AT_TEST = ("all", "training")


@dataclass(frozen=True, kw_only=True)
class EvaluationProtocol:
    """A protocol of evaluation.

    Attributes:
        users: Whom means are over: "known", users with held-out items and a training item or a
            history; "all" with held-out items; "every" user, where those without count 0.
        masked_at_test: Items of a user that take no place at test: "all" of the others, or those
            of "training" alone.
        sampled_negatives: Each held-out item is ranked among so many unseen items, and the metrics
            are those that are expected of the draw. None: it is ranked among all.
    """

    users: str
    masked_at_test: str
    sampled_negatives: int | None

    def __post_init__(self) -> None:
        for name, known in (("users", EVALUATED_USERS), ("masked_at_test", MASKED_AT_TEST)):
            if (value := getattr(self, name)) not in known:
                choices = " or ".join([", ".join(map(repr, known[:-1])), repr(known[-1])])
                raise ValueError(f"evaluation.{name} must be {choices}, got {value!r}.")
        if self.sampled_negatives is not None and self.sampled_negatives < 1:
            raise ValueError(
                f"evaluation.sampled_negatives must be at least 1, got {self.sampled_negatives}."
            )

    def sentences(self, split: Split) -> Iterator[str]:
        """Say in what the protocol differs from that of this project, and whose it is.

        Args:
            split: What is measured on.
        """
        if self.sampled_negatives is not None:
            yield (
                f"Each held-out item is ranked among {self.sampled_negatives:,} sampled items, not "
                "all, as for Neural Collaborative Filtering (He et al., 2017); figures are "
                "expectations over the draw, and far above those of full rankings "
                f"(evaluation.sampled_negatives={self.sampled_negatives})."
            )
        if self.masked_at_test == "training":
            yield (
                "Test masks training items alone, as the authors of Caser do (Tang and Wang, "
                "2018): validation items take places of the ranking "
                "(evaluation.masked_at_test=training)."
            )
        if self.users == "every":
            without = int((split.test.counts == 0).sum())
            yield (
                f"Means are over all {split.test.num_users:,} users, as where a program averages "
                f"over every row of its table: {without:,} have no test item and count 0 "
                "(evaluation.users=every)."
            )
