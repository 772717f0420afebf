"""Which students are measured: networks, sizes and methods, and what each is trained with."""

from __future__ import annotations

from typing import NamedTuple

ALONE, LIST_WISE, CROSS_ENTROPY = "alone", "list-wise", "cross-entropy"

FISM, FACTORISATION = "FISM", "factorisation"

EXPERIMENTS = {FISM: "fism_d16", FACTORISATION: "list_wise_d8"}
"""The settings that all students of a network have, the sizes aside."""

_BY_NETWORK = {
    FISM: (),
    FACTORISATION: ("training.decay_epochs=50", "trainer.keep=last"),
}

_BY_METHOD = {
    ALONE: (),
    LIST_WISE: (),
    CROSS_ENTROPY: (  # as the search of benchmarks/quality found them for d = 8
        "distillation=[rejuvenated_cross_entropy]",
        "distillation.alpha=0.8914",
        "distillation.top_k=18",
        "distillation.methods.rejuvenated_cross_entropy.weight=15.05",
        "distillation.methods.rejuvenated_cross_entropy.teacher_temperature=4.857",
    ),
}


class Student(NamedTuple):
    """A student, apart from its seed.

    Attributes:
        network: FISM or FACTORISATION.
        dim: Size of its embeddings.
        method: ALONE, LIST_WISE or CROSS_ENTROPY.
        learned_bits: It learns with weights rounded to these in its last epochs; None: it is
            rounded when it has been trained.
    """

    network: str
    dim: int
    method: str
    learned_bits: int | None = None

    @property
    def name(self) -> str:
        """Names its folder."""
        end = "" if self.learned_bits is None else f" in int{self.learned_bits}"
        return f"{self.network} of {self.dim} {self.method}{end}"

    @property
    def kind(self) -> str:
        """What it shares with students of other sizes."""
        end = "" if self.learned_bits is None else ", rounded as it learns"
        return f"{self.network}, {self.method}{end}"

    @property
    def overrides(self) -> tuple[str, ...]:
        """What is typed after ``rankdistill train``; one that is alone is the plain student."""
        bits, rounded = (32, 0) if self.learned_bits is None else (self.learned_bits, 15)
        return (
            f"experiment={EXPERIMENTS[self.network]}",
            f"backbone.embedding_dim={self.dim}",
            *_BY_NETWORK[self.network],
            *_BY_METHOD[self.method],
            f"storage.bits={bits}",
            f"storage.rounded_epochs={rounded}",
        )

    @property
    def bits(self) -> tuple[int, ...]:
        """In how many bits for a weight it is measured."""
        return (2, 3, 4, 5, 6, 8) if self.learned_bits is None else (self.learned_bits,)


def students(more: bool = False) -> tuple[Student, ...]:
    """List all of them.

    Args:
        more: Whether to add students alone, another method, and all sizes: four times as many.
    """
    rounded = ((5, 4), (6, 4), (7, 3), (7, 4), (8, 4), (9, 4), (10, 4), (12, 3), (10, 2))
    chosen = [
        *(Student(FACTORISATION, dim, LIST_WISE) for dim in (4, 8, 12)),
        *(Student(FACTORISATION, dim, LIST_WISE, bits) for dim, bits in rounded),
        Student(FISM, 8, LIST_WISE, 4),
    ]
    if more:
        chosen += [
            Student(FISM, dim, how) for dim in (4, 6, 8, 12, 16) for how in (ALONE, LIST_WISE)
        ]
        chosen += [
            Student(FACTORISATION, dim, how)
            for dim in (2, 4, 6, 8, 12, 16)
            for how in (ALONE, LIST_WISE, CROSS_ENTROPY)
        ]
    return tuple(dict.fromkeys(chosen))
