"""Which students are measured: networks, sizes and methods, and what each is trained with."""

from __future__ import annotations

from typing import NamedTuple

ALONE, LIST_WISE, CROSS_ENTROPY = "alone", "list-wise", "cross-entropy"

NETWORKS = {"FISM": "fism_d16", "factorisation": "list_wise_d8"}
"""The experiment whose settings all students of a network have, the sizes aside."""

_EXACT = ("storage.bits=32", "storage.rounded_epochs=0")

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

_BY_NETWORK = {
    "FISM": (),
    "factorisation": ("training.decay_epochs=50", "trainer.keep=last"),
}


class Student(NamedTuple):
    """A student, apart from its seed and the bits that it is stored in.

    Attributes:
        network: One of NETWORKS.
        dim: Size of its embeddings.
        method: ALONE, LIST_WISE or CROSS_ENTROPY.
        learned_bits: It was trained with weights rounded to these in its last epochs; None: it is
            rounded when it has been trained.
    """

    network: str
    dim: int
    method: str
    learned_bits: int | None = None

    @property
    def name(self) -> str:
        """Names its folder and its row."""
        end = "" if self.learned_bits is None else f", learned in int{self.learned_bits}"
        return f"{self.network} of {self.dim}, {self.method}{end}"

    @property
    def overrides(self) -> tuple[str, ...]:
        """What is typed after ``rankdistill train`` for it; one that is alone is its plain one."""
        bits = self.learned_bits
        stored = _EXACT if bits is None else (f"storage.bits={bits}", "storage.rounded_epochs=10")
        return (
            f"experiment={NETWORKS[self.network]}",
            f"backbone.embedding_dim={self.dim}",
            *_BY_NETWORK[self.network],
            *_BY_METHOD[self.method],
            *stored,
        )


def students() -> tuple[Student, ...]:
    """List all that are rounded when they have been trained."""
    fism = [Student("FISM", dim, how) for dim in (4, 6, 8, 12, 16) for how in (ALONE, LIST_WISE)]
    factorisation = [
        Student("factorisation", dim, how)
        for dim in (2, 4, 6, 8, 12, 16)
        for how in (ALONE, LIST_WISE, CROSS_ENTROPY)
    ]
    return (*fism, *factorisation)
