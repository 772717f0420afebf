import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from rankdistill.building import Component
from rankdistill.cascade.config import CascadeConfig
from rankdistill.config.compare import CompareConfig
from rankdistill.config.export import ExportConfig
from rankdistill.config.inspect import InspectConfig
from rankdistill.config.literal_keys import LITERAL_KEYS, is_literal
from rankdistill.config.recommend import RecommendConfig
from rankdistill.config.score import ScoreConfig
from rankdistill.config.train import TrainConfig
from rankdistill.config.tune import TuneConfig
from rankdistill.data.delimited import DelimitedFile
from rankdistill.data.movielens import MovieLens
from rankdistill.data.synthetic import Synthetic

SCHEMAS = [
    *(TrainConfig, CompareConfig, TuneConfig, RecommendConfig, ExportConfig, InspectConfig),
    CascadeConfig,
    ScoreConfig,
]
SOURCES = [DelimitedFile, MovieLens, Synthetic]

WORDS = {
    "format",
    "search",
    "evaluation.monitor",
    "evaluation.masked_at_test",
    "evaluation.users",
    "trainer.accelerator",
    "trainer.strategy",
    "trainer.precision",
    "trainer.matmul_precision",
    "trainer.keep",
    "tuning.sampler",
    "distillation.loss_balance",
    "data.duplicates",
    "data.release",
}
"""Settings that take one of a few words, none of which Hydra reads as something else."""


def is_text(hint: object) -> bool:
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        return any(map(is_text, typing.get_args(hint)))
    return hint is str


def texts_of(schema: type, prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Settings that may be text, by full key, and whether they may be null."""
    for name, hint in typing.get_type_hints(schema).items():
        for each in typing.get_args(hint) or [hint]:
            if dataclasses.is_dataclass(each) and each not in {Component, schema}:
                assert isinstance(each, type)
                yield from texts_of(each, f"{prefix}{name}.")
        if is_text(hint):
            yield f"{prefix}{name}", type(None) in typing.get_args(hint)


def all_texts() -> list[tuple[str, bool]]:
    found = [each for schema in SCHEMAS for each in texts_of(schema)]
    for source in SOURCES:
        hints = typing.get_type_hints(source.__init__)
        for name in inspect.signature(source).parameters:
            if is_text(hints.get(name)):
                found.append((f"data.{name}", type(None) in typing.get_args(hints[name])))
    return sorted(set(found))


def test_there_are_texts_to_look_at():
    keys = dict(all_texts())
    assert {"user", "checkpoint", "study", "data.path", "data.separator", "teacher.store"} <= {
        *keys
    }
    assert keys["data.path"]
    assert not keys["user"]


@pytest.mark.parametrize(("key", "may_be_null"), all_texts())
def test_every_text_is_literal_or_one_of_a_few_words(key, may_be_null):
    assert is_literal(key, "1_000") is (key not in WORDS)
    assert is_literal(key, "null") is (key not in WORDS and not may_be_null)


def test_a_column_is_named_or_counted():
    for position in ("0", "12", "-1", "null"):
        assert not is_literal("data.user_column", position)
    for name in ("1_000", "user id", "1.5", "+1"):
        assert is_literal("data.user_column", name)


def test_every_pattern_is_of_a_key_that_exists():
    known = {key for key, _ in all_texts()} | {"experiment", "hydra.run.dir", "hydra.sweep.dir"}
    known |= {key.replace("teacher.", "teacher.members.first.") for key in known}
    for pattern in LITERAL_KEYS:
        assert any(is_literal(key, "1_0") for key in known if fnmatchcase(key, pattern)), pattern
