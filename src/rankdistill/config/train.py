"""What `rankdistill train` is told."""

from __future__ import annotations

from dataclasses import dataclass

from rankdistill.config.model import ModelConfig


@dataclass(kw_only=True)
class TrainConfig(ModelConfig):
    """One model.

    Attributes:
        projector: Whether to write item embeddings for TensorBoard's projector.
        resume: Whether to go on with a run that was stopped in the same folder.
        refit: Whether to fit once more on all data, for shipping.
        plain_student: Whether the jobs of a sweep train the plain student, for its report.
    """

    projector: bool
    resume: bool
    refit: bool
    plain_student: bool
