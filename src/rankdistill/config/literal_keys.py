"""Settings whose values are paths, names, ids or separators: text that is meant as it is typed."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

_TEXT = re.compile(r"(?!)")
_TEXT_OR_NULL = re.compile("null", re.IGNORECASE)
_COLUMN = re.compile(r"null|-?\d+", re.IGNORECASE)
_OPTIONS = re.compile(r"null|.*[\[,].*", re.IGNORECASE | re.DOTALL)

LITERAL_KEYS = {
    "user": _TEXT,
    "model": _TEXT,
    "checkpoint": _TEXT,
    "output": _TEXT,
    "history": _OPTIONS,
    "user_column": _COLUMN,
    "item_column": _COLUMN,
    "shard": _TEXT_OR_NULL,
    "device": _TEXT,
    "study": _TEXT,
    "fallback": _TEXT_OR_NULL,
    "experiment": _OPTIONS,
    "data.path": _TEXT_OR_NULL,
    "data.train": _TEXT_OR_NULL,
    "data.validation": _TEXT_OR_NULL,
    "data.test": _TEXT_OR_NULL,
    "data.name": _TEXT_OR_NULL,
    "data.mirror": _TEXT,
    "data.cache": _TEXT_OR_NULL,
    "data.separator": _TEXT_OR_NULL,
    "data.*_column": _COLUMN,
    "teacher.path": _TEXT_OR_NULL,
    "teacher.*_column": _COLUMN,
    "teacher.*_embeddings": _TEXT_OR_NULL,
    "teacher.checkpoint": _TEXT_OR_NULL,
    "teacher.members.*.checkpoint": _TEXT_OR_NULL,
    "teacher.store": _TEXT,
    "teacher.members.*.store": _TEXT,
    "student.store": _TEXT,
    "final_ranker.store": _TEXT,
    "hydra.run.dir": _TEXT,
    "hydra.sweep.dir": _TEXT,
}
"""Patterns of keys, each with the values that are more than text: null, the position of a column,
a list of options."""


def is_literal(key: str, value: str) -> bool:
    """Return whether the value of a key is text, whatever it looks like.

    Args:
        key: Full name of a setting, without the + of one that is added.
        value: As typed.
    """
    return any(
        fnmatchcase(key, pattern) and not more_than_text.fullmatch(value)
        for pattern, more_than_text in LITERAL_KEYS.items()
    )
