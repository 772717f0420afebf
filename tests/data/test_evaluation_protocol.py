import pytest
from tests.running import small_datamodule

from rankdistill.data.evaluation_protocol import EvaluationProtocol

USUAL = {"users": "known", "masked_at_test": "all", "sampled_negatives": None}


def sentences(**settings):
    split = small_datamodule().split
    return list(EvaluationProtocol(**{**USUAL, **settings}).sentences(split)), split


def test_the_usual_protocol_needs_no_word():
    told, _ = sentences()
    assert told == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sampled_negatives": 499}, "among 499 sampled items, not all, as for Neural Coll"),
        ({"masked_at_test": "training"}, "training items alone, as the authors of Caser do"),
        ({"users": "every"}, "over all 80 users"),
    ],
)
def test_a_protocol_says_what_it_does_whose_it_is_and_how_it_was_asked_for(settings, words):
    (sentence,), _ = sentences(**settings)
    ((name, value),) = settings.items()
    assert words in sentence
    assert sentence.endswith(f"(evaluation.{name}={value}).")


def test_users_without_a_test_item_are_counted():
    (sentence,), split = sentences(users="every")
    without = int((split.test.counts == 0).sum())
    assert without > 0
    assert f"{without} have no test item and count 0" in sentence


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("users", "some", "evaluation.users must be 'known', 'all' or 'every', got 'some'"),
        ("masked_at_test", "none", "evaluation.masked_at_test must be 'all' or 'training'"),
        ("sampled_negatives", 0, "evaluation.sampled_negatives must be at least 1, got 0"),
    ],
)
def test_a_value_that_means_nothing_is_refused(name, value, message):
    with pytest.raises(ValueError, match=message):
        EvaluationProtocol(**{**USUAL, name: value})
