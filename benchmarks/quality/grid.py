"""What is compared: panels of models that share data, student and teacher."""

from __future__ import annotations

from dataclasses import dataclass

PLAIN, TEACHER = "none", "teacher"

SCORE_METHODS = (
    "ranking",
    "soft_targets",
    "plackett_luce",
    "collaborative",
    "unbiased",
    "rejuvenated_cross_entropy",
    "dual_correction",
)
"""Methods that need nothing of a teacher but its scores."""

OWN = "ease_assisted"
"""The method of this project; a teacher that has EASE in it needs none beside."""

METHODS = (*SCORE_METHODS, "experts", "personalised_hints", "topology", OWN)

FROM_EASY_TO_HARD = "heterogeneous"
"""It needs a teacher of its own, whose trajectory is kept."""

FEW = ("ranking", "plackett_luce", "rejuvenated_cross_entropy", OWN)
"""Where all methods are too dear: Ranking Distillation and the best three that work alone."""

TEN = (
    *FEW,
    "dual_correction",
    "personalised_hints",
    "experts",
    "topology",
    "soft_targets",
    "unbiased",
)
"""What is searched for longer: all that one teacher suffices for, less the dearest."""

WARM = "plackett_luce_factors"
"""The list-wise loss, with a student that starts from the teacher's factors."""

BEST_D8 = "plackett_luce_factors+int6"
"""The same, stored in six bits a weight."""


@dataclass(frozen=True)
class Panel:
    """Students of one size taught by one teacher on one data set.

    Attributes:
        name: Names its folder.
        data: Overrides of data, split and selection.
        metric: The test metric that gaps and tests are of.
        student: Overrides of the student.
        teacher: Option of the teacher group, and further overrides of it.
        methods: What is compared with the plain student.
        trials: Search budget of every cell, the plain student included.
        reference: Panel whose teacher the gap is measured to; its own where None.
        begins: Where the plain student's search begins; the defaults where empty.
    """

    name: str
    data: tuple[str, ...]
    metric: str
    student: tuple[str, ...]
    teacher: tuple[str, ...]
    methods: tuple[str, ...]
    trials: int
    reference: str | None = None
    begins: tuple[tuple[str, float | None], ...] = ()


@dataclass(frozen=True)
class Cell:
    """One row of a panel: a teacher, a plain student or a distilled one."""

    panel: Panel
    method: str

    @property
    def name(self) -> str:
        """Names its folder."""
        return f"{self.panel.name}/{self.method}"


def panels(ml_1m: str | None) -> tuple[Panel, ...]:
    """The grid.

    Args:
        ml_1m: A file of MovieLens 1M's (user, item) pairs, or None for the release.
    """
    # Selection by NDCG@10: with selection by MAP@5 on a tenth of MovieLens 100K the best of twelve
    # trials at d = 10 stood below the plain student in NDCG@10 on test. Seen once, then changed.
    selection = "evaluation.monitor=val/ndcg@10"
    small = ("data=ml_100k", selection, "trainer.max_epochs=200", "trainer.patience=12")
    source = ("data=ml_1m",) if ml_1m is None else ("data=delimited", f"data.path={ml_1m}")
    name = () if ml_1m is None else ("data.name=ml-1m",)
    large = (
        *source,
        *name,
        "split=user_halves",
        selection,
        "trainer.max_epochs=40",
        "trainer.patience=5",
    )
    large_begins = (  # the defaults are for a hundred thousand interactions
        ("training.learning_rate", 0.01),
        ("training.decay_epochs", None),
        ("training.weight_decay", 0.00001),
        ("training.batch_size", 64),
        ("backbone.init_std", 0.03),
    )
    graph = ("backbone=lightgcn", "size=d10")
    # Every batch spreads the tables over a million edges: batches are large there, for all alike.
    large_graph = (*graph, "training.batch_size=256")
    large_graph_begins = (
        ("training.learning_rate", 0.02),
        ("training.decay_epochs", None),
        ("training.weight_decay", 0.00001),
        ("backbone.init_std", 0.1),
    )
    same_loss, best = ("teacher=softmax_d200",), ("teacher=ensemble",)
    graph_teacher = ("teacher=lightgcn_d100",)
    all_methods = (*METHODS, FROM_EASY_TO_HARD, WARM)
    return (
        Panel("ml-100k-mf-d2", small, "map@5", ("size=d2",), same_loss, all_methods, 12),
        Panel("ml-100k-mf-d10", small, "map@5", ("size=d10",), same_loss, all_methods, 12),
        Panel(
            "ml-100k-mf-d2-ensemble",
            small,
            "map@5",
            ("size=d2",),
            best,
            (*SCORE_METHODS, WARM),
            12,
            "ml-100k-mf-d2",
        ),
        Panel(
            "ml-100k-mf-d8-ensemble",
            small,
            "map@5",
            ("size=d8",),
            best,
            (*SCORE_METHODS, WARM, BEST_D8),
            12,
            "ml-100k-mf-d10",
        ),
        Panel(
            "ml-100k-lightgcn-d10",
            small,
            "map@5",
            graph,
            graph_teacher,
            (*FEW, "soft_targets"),
            12,
        ),
        Panel(
            "ml-1m-mf-d10",
            large,
            "ndcg@10",
            ("size=d10",),
            ("teacher=softmax_d100_ml_1m",),
            (*METHODS, WARM),
            12,
            begins=large_begins,
        ),
        Panel(
            "ml-1m-mf-d10-longer",
            large,
            "ndcg@10",
            ("size=d10",),
            ("teacher=softmax_d100_ml_1m",),
            TEN,
            60,
            begins=large_begins,
        ),
        Panel(
            "ml-1m-lightgcn-d10",
            large,
            "ndcg@10",
            large_graph,
            ("teacher=lightgcn_d100_ml_1m",),
            FEW,
            12,
            begins=large_graph_begins,
        ),
    )


def stages(chosen: tuple[Panel, ...], grid: tuple[Panel, ...]) -> list[list[Cell]]:
    """Cells in the order of what they are made from: each stage needs the ones before.

    Teachers, those of panels that gaps are measured to among them; plain students, whose batch and
    start the others take over; distilled students; the best of them, stored small.

    Args:
        chosen: What to run.
        grid: All panels.
    """
    taught_by = {name for panel in chosen for name in (panel.name, panel.reference)}
    distilled = [Cell(panel, method) for panel in chosen for method in panel.methods]
    return [
        [Cell(panel, TEACHER) for panel in grid if panel.name in taught_by],
        [Cell(panel, PLAIN) for panel in chosen],
        [cell for cell in distilled if cell.method != BEST_D8],
        [cell for cell in distilled if cell.method == BEST_D8],
    ]
