"""Check-ins in the form and the split that the authors of Ranking Distillation published."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from typing_extensions import override

from rankdistill.data.delimited import DelimitedFile
from rankdistill.data.filtering import drop_absent
from rankdistill.data.interactions import Interactions
from rankdistill.data.parting import Split

logger = logging.getLogger(__name__)

FILES = {
    "train": "validation/train.txt",
    "validation": "validation/test.txt",
    "test": "test/test.txt",
}
"""Where each part lies. Their ``test/train.txt`` holds what the first two hold together."""

_COLUMNS = {"user_column": 0, "item_column": 1, "rating_column": None, "timestamp_column": None}


class RankDistillFolder(DelimitedFile):
    """A folder of the repository ``rank_distill``, as it lies there: a user, an item and a 1 a row.

    Each user's rows are in the order of time. A user who comes back to a place has it once: an item
    is held out only where no earlier part has it.

    Args:
        path: The folder, such as ``datasets/gowalla``, with ``validation/`` and ``test/`` in it.
        max_gib: What a file may hold, see DelimitedFile.
    """

    def __init__(self, path: str | Path | None, max_gib: float) -> None:
        if path is None:
            raise ValueError(f"No folder is named: type data.path=... {_ADVICE}")
        folder = Path(path).expanduser()
        if missing := [file for file in FILES.values() if not (folder / file).is_file()]:
            raise FileNotFoundError(
                f"{folder} has no {' and no '.join(missing)}: type data.path=... {_ADVICE}"
            )
        super().__init__(
            path=None,
            **{part: folder / file for part, file in FILES.items()},
            separator=" ",
            header=False,
            **_COLUMNS,
            weight_column=None,
            min_rating=None,
            duplicates="last",
            name=folder.resolve().name,
            max_gib=max_gib,
        )

    @override
    def load_split(self) -> Split:
        train, validation, test = drop_absent(self._read())
        validation = _without(train, validation, "validation")
        known = train.union(validation)
        return Split(train, validation, _without(known, test, "test"))


_ADVICE = (
    "with the folder datasets/gowalla of the repository rank_distill, in which the authors of "
    f"Ranking Distillation published their code; it holds {', '.join(FILES.values())}."
)


def _without(known: Interactions, part: Interactions, name: str) -> Interactions:
    """Leave out of a part what is known before it."""
    is_new = ~torch.isin(part.keys, known.keys)
    if repeated := int((~is_new).sum()):
        logger.info(
            "%d of %d %s rows repeat an earlier pair and are left out.",
            repeated,
            len(is_new),
            name,
        )
    return part.select(is_new)
