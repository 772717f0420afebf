"""What `rankdistill export` is told."""

from __future__ import annotations

from dataclasses import dataclass

from rankdistill.config.storage import Storage


@dataclass(kw_only=True)
class ExportConfig:
    """A trained model, and how to store its weights.

    Attributes:
        checkpoint: Path of a model.ckpt.
        output: Path of the weights.pt to write.
        storage: Bits of a weight.
        allow_targets: Further module prefixes that a ``_target_`` may name.
    """

    checkpoint: str
    output: str
    storage: Storage
    allow_targets: list[str]
