"""A teacher from a file of ranked lists: what it is known by, and how it is put together."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from rankdistill.backbones.listed import RankedLists
from rankdistill.config.teacher import TeacherConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.embedding_file import read_embeddings
from rankdistill.data.list_doubts import doubts_of_lists
from rankdistill.data.list_rows import list_files, read_list_rows
from rankdistill.data.teacher_lists import known_names, match_lists

logger = logging.getLogger(__name__)

_COLUMNS = ("user_column", "item_column", "score_column")
_MORE_COLUMNS = ("confidence_column", "end_column")
"""Those that a file may lack."""


class ReadLists(NamedTuple):
    """Lists as a teacher holds them, and what a person should know of them.

    Attributes:
        lists: Of users and items of the data.
        told: Sentences.
        warned: Sentences that speak against the lists.
    """

    lists: RankedLists
    told: list[str]
    warned: list[str]


def read_lists(teacher: TeacherConfig, datamodule: InteractionsDataModule) -> ReadLists:
    """Read the files of a teacher and compare them with the data.

    Raises:
        FileNotFoundError, ValueError: If they are not there, or do not fit the data.
    """
    assert teacher.path is not None
    assert teacher.max_gib is not None
    known, source = datamodule.known, Path(teacher.path)
    more = [role for role in _MORE_COLUMNS if getattr(teacher, role) is not None]
    columns = {role.removesuffix("_column"): getattr(teacher, role) for role in (*_COLUMNS, *more)}
    matched = match_lists(read_list_rows(source, columns, teacher.max_gib), known)
    train = datamodule.split.train
    doubts = doubts_of_lists(matched.of_users(train.counts), datamodule.split, teacher.path)
    tables = {}
    for role, names, number in (
        ("user", known.labels and known.labels.users, known.num_users),
        ("item", known.labels and known.labels.items, known.num_items),
    ):
        if (place := getattr(teacher, f"{role}_embeddings")) is not None:
            own = known_names(names, number)
            tables[f"{role}_table"] = read_embeddings(Path(place), role, own, teacher.max_gib)
    lengths = torch.bincount(matched.list_ids, minlength=len(matched.users))
    lists = RankedLists(
        offsets=torch.cat([lengths.new_zeros(1), lengths.cumsum(0)]),
        item_ids=matched.item_ids,
        scores=matched.scores,
        confidences=matched.confidences,
        num_bytes=sum(path.stat().st_size for path in _files(teacher)),
        users=matched.users,
        ends=matched.ends,
        **tables,
    )
    return ReadLists(lists, [*matched.notes, *doubts.told], list(doubts.warned))


def file_identity(teacher: TeacherConfig) -> dict[str, Any]:
    """Collect what shapes a teacher from files: their content, and which columns are read."""
    digest = hashlib.sha256()
    for path in _files(teacher):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return {
        "sha256": digest.hexdigest(),
        "columns": {role: getattr(teacher, role) for role in (*_COLUMNS, "confidence_column")},
        **({} if teacher.end_column is None else {"end_column": teacher.end_column}),
        "embeddings": teacher.item_embeddings is not None,
    }


def tell(notes: Mapping[str, list[str]]) -> None:
    """Log what a person should know of lists: "told", and "warned"."""
    for sentence in notes["told"]:
        logger.info("%s", sentence)
    for sentence in notes["warned"]:
        logger.warning("%s", sentence)


def _files(teacher: TeacherConfig) -> list[Path]:
    """List the files of a teacher, those of a folder one by one."""
    return [path for place in teacher.places.values() for path in list_files(Path(place))]
