import pytest

from rankdistill.config.command_line import CommandLine
from rankdistill.config.experiments import without_teacher


def told(unread, *overrides):
    return without_teacher(unread, CommandLine("train", overrides))


def test_an_experiment_that_distils_is_told_with_the_one_of_its_network_alone():
    assert told("backbone@teacher", "experiment=official_caser", "module=teacher") == (
        "experiment=official_caser teaches a student, and module=teacher has no teacher: type "
        "experiment=official_caser_student, which trains a network alone."
    )


def test_without_an_experiment_of_the_network_alone_one_of_both_is_left_out():
    said = told("teacher", "experiment=softmax_d10", "module=student")
    assert said is not None
    assert said.endswith("module=student has no teacher: leave one of them out.")


@pytest.mark.parametrize(
    "overrides",
    [
        ("experiment=official_caser", "module=teacher", "backbone@teacher=caser"),
        ("experiment=official_caser",),
        ("module=teacher",),
        ("experiment=a,b", "module=teacher"),
    ],
)
def test_what_is_typed_itself_or_set_by_no_experiment_is_told_elsewhere(overrides):
    assert told("backbone@teacher", *overrides) is None
