"""What `rankdistill export` is told."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rankdistill.building import Component, did_you_mean
from rankdistill.config.places import check_checkpoint, check_output
from rankdistill.config.storage import Storage

EXPORT_FORMATS = {"rank": ".rank", "page": ".html", "onnx": ".onnx", "executorch": ".pte"}
"""What a model can be exported as, and how the name of such a file ends."""

_WITH_EXTRA = {"onnx", "executorch"}
"""Formats that need a package of their name, which is an extra."""


@dataclass(kw_only=True)
class ExportConfig:
    """A trained model, and how it ships.

    Attributes:
        checkpoint: Path of a model.ckpt.
        format: One of EXPORT_FORMATS.
        output: Path of the file to write.
        storage: Bits of a weight.
        seen: Whether a model.rank holds what every user has. The other formats never do.
        data: Where the interactions are, should no model.rank beside the checkpoint hold what is
            known of them.
        allow_targets: Further module prefixes that a ``_target_`` may name.
    """

    checkpoint: str
    format: str
    output: str
    storage: Storage
    seen: bool
    data: Component
    allow_targets: list[str]

    def __post_init__(self) -> None:
        if self.format not in EXPORT_FORMATS:
            raise ValueError(
                f"There is no format={self.format}{did_you_mean(self.format, EXPORT_FORMATS)}"
            )
        if self.format in _WITH_EXTRA and find_spec(self.format) is None:
            raise ValueError(
                f"format={self.format} needs the package {self.format}: "
                f"pip install 'rankdistill[{self.format}]'."
            )
        suffix, ending = Path(self.output).suffix, EXPORT_FORMATS[self.format]
        if suffix != ending:
            of_suffix = [name for name, other in EXPORT_FORMATS.items() if other == suffix]
            hint = f"; for such a file type format={of_suffix[0]}" if of_suffix else ""
            raise ValueError(
                f"output must be the path of a {ending} file to write, got {self.output}{hint}."
            )

    def check_places(self) -> None:
        """Refuse a checkpoint that is not there, and an output that cannot be written."""
        check_checkpoint("checkpoint", self.checkpoint)
        check_output("output", Path(self.output))
