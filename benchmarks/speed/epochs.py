"""A training epoch of the student with each distillation method, against the plain one."""

from __future__ import annotations

from typing import Any

from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.fitting import epoch_seconds
from benchmarks.speed.project import configuration, datamodule_of
from benchmarks.speed.turns import ratios, summary

from rankdistill.config.train import TrainConfig
from rankdistill.runs.batch_sizes import with_batch_sizes
from rankdistill.runs.models import make_model


def _annealed(method: str) -> list[str]:
    """As after the 15th epoch of 50: one expert for each embedding, where before all take part."""
    return [f"distillation.methods.{method}.anneal_epochs=1"]


PLAIN = "plain student"
STUDENTS = {
    PLAIN: ["module=student"],
    "ranking, position": ["weighting=position"],
    "ranking, hybrid, exact rank": ["weighting=hybrid", "distillation.weighting.warmup_epochs=0"],
    "ranking, hybrid, sampled rank": [
        "weighting=hybrid",
        "student_rank=sampled",
        "distillation.weighting.warmup_epochs=0",
    ],
    "soft_targets": ["distillation=[soft_targets]"],
    "plackett_luce": ["distillation=[plackett_luce]"],
    "plackett_luce, item side": [
        "distillation=[plackett_luce]",
        "distillation.methods.plackett_luce.item_side=true",
    ],
    "collaborative": ["distillation=[collaborative]"],
    "unbiased": ["distillation=[unbiased]"],
    "rejuvenated_cross_entropy": ["distillation=[rejuvenated_cross_entropy]"],
    "dual_correction": ["distillation=[dual_correction]"],
    "plackett_luce, dual_correction": ["distillation=[plackett_luce,dual_correction]"],
    "ease_assisted": ["distillation=[ease_assisted]"],
    "experts": ["distillation=[experts]"],
    "personalised_hints": ["distillation=[personalised_hints]"],
    "experts, annealed": ["distillation=[experts]", *_annealed("experts")],
    "topology": ["distillation=[topology]"],
    "topology, annealed": ["distillation=[topology]", *_annealed("topology")],
    "topology, full": ["distillation=[topology]", "distillation.methods.topology.form=full"],
}
LOSSES, DIMS, TEACHER_DIM = ("softmax", "bpr"), (10,), 200


def measure(bench: Bench) -> Measured:
    """Milliseconds, Lightning included, validation not; the teacher's part before fitting not."""
    datamodule = datamodule_of(bench.data)
    measured = Measured(
        {
            "data": bench.data.name,
            "ranking losses": "as in conf/ranking_loss",
            "methods": "as in conf/distillation; hybrid weights from the first epoch",
            "teacher": f"matrix factorisation of {TEACHER_DIM}, as initialised",
        }
    )
    for loss in LOSSES[:1] if bench.quick else LOSSES:
        for dim in DIMS[:1] if bench.quick else DIMS:
            fixed = [f"ranking_loss={loss}", f"backbone.embedding_dim={dim}", *bench.overrides]
            fixed.append(f"trainer.threads={bench.threads}")
            configs = {
                name: with_batch_sizes(configuration(*student, *fixed), datamodule.split.train)
                for name, student in STUDENTS.items()
            }
            large = configuration(*STUDENTS[PLAIN], f"backbone.embedding_dim={TEACHER_DIM}")
            teacher = make_model(large, datamodule, None).backbone
            runs = {
                name: _epoch(cfg, datamodule, None if name == PLAIN else teacher, bench.quick)
                for name, cfg in configs.items()
            }
            taken = bench.in_turns(runs, 4)
            least = _least(bench, configs[PLAIN], dim)
            for name, seconds in taken.items():
                of = {"ranking_loss": loss, "embedding_dim": dim, "student": name}
                milliseconds = summary([1e3 * each for each in seconds])
                measured.add("ms", milliseconds, least if name == PLAIN else None, **of)
                measured.add("x plain", ratios(seconds, taken[PLAIN]), **of)
                bench.say(f"{of}: {milliseconds['median']:.1f} ms")
    return measured


def _epoch(cfg: TrainConfig, datamodule: Any, teacher: Any, quick: bool):
    def run() -> float:
        module = make_model(cfg, datamodule, teacher)
        return epoch_seconds(module, datamodule, cfg, 1 if quick else 4)

    return run


def _least(bench: Bench, cfg: TrainConfig, dim: int) -> float:
    """Milliseconds of the plain student's epoch that this machine would allow."""
    batch_size, shape = cfg.training.batch_size, bench.data.shape
    loss = cfg.ranking_loss.settings
    if "num_negatives" not in loss:
        return 1e3 * bench.limits.row_epoch(shape, dim, batch_size)
    pairs, negatives = len(bench.data.train), loss["num_negatives"]
    return 1e3 * bench.limits.pair_epoch(shape, pairs, dim, batch_size, negatives)
