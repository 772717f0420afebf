"""The models that a job of a sweep is compared with: its teacher and the plain student."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rankdistill.config.model import ModelConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.files import write_json_atomically
from rankdistill.runs.fit import REFERENCES
from rankdistill.runs.seeding import with_seed
from rankdistill.runs.student_store import obtain_student, student_hash
from rankdistill.runs.teacher_store import obtain_teacher, teacher_hash

_KEPT = ("metrics", "embedding_dim", "parameters", "weights_bytes", "best_epoch")


def write_references(
    folder: Path, cfg: ModelConfig, datamodule: InteractionsDataModule, *, student: bool
) -> None:
    """Write what a job's teacher reached, and the plain student, which is trained if need be.

    A plain student that cannot be trained, because its loss diverges, say, is left out: the job
    itself ended well. A teacher whose checkpoint was given has no result here. Each model has a
    "key", by which jobs that share it are known, and a "kind", which models share that differ in
    their seeds alone.

    Args:
        folder: The job's folder.
        cfg: The job's configuration, of a distilled student.
        datamodule: The data, set up.
        student: Whether to train the plain student where the store lacks it.
    """
    assert cfg.teacher is not None
    unseeded, found = with_seed(cfg, 0), {}
    if cfg.teacher.checkpoint is None:
        result = obtain_teacher(cfg, datamodule, "teacher").result
        assert result is not None
        found["teacher"] = {
            "key": teacher_hash(cfg, datamodule),
            "kind": teacher_hash(unseeded, datamodule),
            **_kept(result.fields),
        }
    try:
        fields = obtain_student(cfg, datamodule, "plain student") if student else None
    except (ValueError, ArithmeticError) as error:
        print(f"{folder.name}: the plain student is left out: {error}", file=sys.stderr)
        fields = None
    if fields is not None:
        found["student"] = {
            "key": student_hash(cfg, datamodule),
            "kind": student_hash(unseeded, datamodule),
            **_kept(fields),
        }
    write_json_atomically(folder / REFERENCES, found)


def _kept(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in _KEPT}
