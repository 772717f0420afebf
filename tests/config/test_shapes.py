"""One value for a node or a list is answered with what to type."""

import pytest
from tests.running import composed

from rankdistill.config.compare import CompareConfig
from rankdistill.config.shapes import refuse_wrong_shapes, wrong_kind


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"seeds": 5}, r"^seeds must be a list: type seeds=\[5\]\.$"),
        ({"seeds": None}, r"^seeds must be a list: type seeds=\[...\]\.$"),
        ({"seed": 101}, "type seed.initialization=101, or set seed.sampling, seed.split"),
        ({"seed": None}, "seed holds settings of its own and cannot be null: type seed.initiali"),
        ({"seed": [1]}, r"seed holds settings of its own and cannot be \[1\]"),
        ({"training": 5}, "type training.learning_rate=5, or set training.weight_decay"),
        ({"training": "fast"}, "cannot be fast: type training.learning_rate=..., or set"),
        ({"student": {"training": 5}}, "student.training holds settings of .* be 5; see them by"),
        (
            {"student": 5},
            "student holds settings of its own and cannot be 5",
        ),
        ({"trainer": {"max_epochs": None}}, "trainer.max_epochs must be a whole number, got null"),
        ({"trainer": {"progress": [1]}}, "trainer.progress must be true or false"),
        ({"evaluation": {"top_k": 5}}, r"type evaluation.top_k=\[5\]"),
        ({"backbone": 3}, "backbone holds settings of its own and cannot be 3"),
        ({"storage": True}, "storage holds settings of its own and cannot be true: type storage.b"),
    ],
)
def test_a_wrong_shape_is_told_with_what_to_type(node, message):
    with pytest.raises(ValueError, match=message):
        refuse_wrong_shapes(node, CompareConfig)


def test_references_missing_values_and_null_where_it_is_allowed_are_left_alone():
    node = {"seeds": "${x}", "seed": "???", "teacher": None, "fallback": None, "unknown": 3}
    refuse_wrong_shapes({**node, "trainer": {"threads": None}}, CompareConfig)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainer.max_epochs=many", "trainer.max_epochs must be a whole number, got 'many'"),
        ("trainer.progress=maybe", "trainer.progress must be true or false, got 'maybe'"),
        ("seed.split=x", "seed.split must be a whole number, got 'x'"),
        ("seeds=[1,a]", r"seeds\[1\] must be a whole number, got 'a'"),
    ],
)
def test_a_value_of_another_kind_is_told_in_words(override, message):
    with pytest.raises(ValueError, match=message):
        composed("compare", "data=synthetic", override)


def test_a_key_that_the_dataclass_does_not_type_is_told_too():
    assert wrong_kind("trainer.devices", "x", CompareConfig).startswith("trainer.devices must be")
