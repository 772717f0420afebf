from types import SimpleNamespace

import pytest
from tests.cascade.runs.small_cascade import small_cascade, small_data

from rankdistill.cascade.runs.log_variants import log_variants
from rankdistill.cascade.runs.models import make_early_ranker, make_logging
from rankdistill.cascade.runs.variant_stacks import place_of, variants_side_by_side

ROBUST = (
    *("robustness.shares=[0.5,0.1]", "robustness.stretches=[4]", "robustness.corrupted=0.2"),
    *("robustness.corruptions=[marked]", "cascade/students=[shared]"),
)


def names_of(folder, *overrides):
    cfg = small_cascade(folder, *ROBUST, *overrides)
    datamodule, data = small_data()
    students = {"shared": make_early_ranker(cfg, "shared", data, datamodule)}
    variants = log_variants(cfg.robustness, make_logging(cfg, {}))
    stacks = variants_side_by_side(cfg, variants, students, data)
    assert sorted(v.name for s in stacks for v in s) == sorted(v.name for v in variants)
    return [[variant.name for variant in stack] for stack in stacks]


SHOWN = ["share-0.5", "share-0.1", "stretches-4", "marked-0.2"]


@pytest.mark.slow
def test_logs_of_what_was_shown_stand_side_by_side_and_those_with_more_alone(tmp_path):
    assert names_of(tmp_path) == [SHOWN]
    assert names_of(tmp_path, "log.rescore=5") == [
        ["share-1", *SHOWN],
        ["rescored-share-0.1"],
        ["rescored-marked-0.2"],
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "sizes"),
    [
        ("stack.at_once=3", [3, 1]),
        ("stack.at_once=1", [1, 1, 1, 1]),
        ("stack.memory_gib=1e-9", [1, 1, 1, 1]),
        ("trainer.precision=bf16-mixed", [1, 1, 1, 1]),
    ],
)
def test_a_stack_is_as_large_as_its_bounds_allow(tmp_path, typed, sizes):
    assert [len(stack) for stack in names_of(tmp_path, typed)] == sizes


def test_a_students_folder_is_named_after_its_form_and_its_log():
    assert place_of("cut", SimpleNamespace(name="share-0.5")) == "cut-share-0.5"
