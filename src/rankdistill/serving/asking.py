"""Ask a model.rank from a command line, and put its answer into lines."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields

from rankdistill.conf_path import conf_dir
from rankdistill.quoting import printable
from rankdistill.serving.rank_model import load
from rankdistill.serving.recommendations import Recommendations


@dataclass(frozen=True, kw_only=True)
class Question:
    """What `rankdistill recommend model=...` is asked.

    Attributes:
        model: Path of a model.rank.
        user: As the data name them, or None.
        history: In its place, ids of what somebody has.
        exclude: Ids of items to leave out.
        limit: Number of items.
    """

    model: str
    user: str | None
    history: Sequence[str] | None
    exclude: Sequence[str]
    limit: int


def typed_question(words: Sequence[str]) -> Question | None:
    """Read the words after the command, if they ask a model.rank and say nothing else.

    No more than NumPy must be imported for them. For all other words there is None: they are
    Hydra's to read.
    """
    typed: dict[str, str] = {}
    for word in words:
        key, _, typed[key] = word.partition("=")
    known = {field.name for field in fields(Question)}
    limit = typed.get("limit", str(_default_limit()))
    if "model" not in typed or not typed.keys() <= known or not limit.isdecimal():
        return None
    return Question(
        model=typed["model"],
        user=typed.get("user"),
        history=_ids(typed["history"]) if "history" in typed else None,
        exclude=_ids(typed.get("exclude", "")),
        limit=int(limit),
    )


def answer(question: Question) -> str:
    """Rank, and put the best items into lines.

    Raises:
        FileNotFoundError, ValueError: As ``load`` and ``RankModel.recommend`` do.
    """
    model = load(question.model)
    found = model.recommend(question.user, question.history, question.limit, question.exclude)
    data = model.about.get("data", {}).get("name") or "the data"
    whom = "this history" if question.user is None else f"user {question.user} of {data}"
    if not found.items:
        return f"For {whom} there is no new item."
    first = f"Best {len(found)} new items for {whom}:"
    if found.by_popularity:
        first = (
            f"Nothing is known of what they have. The {len(found)} most popular items of {data}:"
        )
    elif question.user is not None and not model.knows_seen:
        first = f"Best {len(found)} items for {whom}; the file does not hold what they have:"
    if model.about.get("untested"):
        first = f"{first.removesuffix(':')} (by a model that was never tested):"
    return printable(first) + "".join(_lines(found))


def _lines(found: Recommendations) -> list[str]:
    return [
        f"\n{rank:4}  {score:8.{0 if found.by_popularity else 3}f}  {printable(title or item)}"
        for rank, (item, title, score) in enumerate(found, start=1)
    ]


def _ids(text: str) -> list[str]:
    """Read ids between commas, in brackets or not; one with a comma in it stands in quotes."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    return [each.strip() for row in csv.reader([text], skipinitialspace=True) for each in row]


def _default_limit() -> int:
    import yaml

    return yaml.safe_load((conf_dir() / "recommend.yaml").read_text("utf-8"))["limit"]
