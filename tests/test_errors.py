import pytest
import torch
from hydra.errors import HydraException
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from yaml import YAMLError

from rankdistill.config.command_line import CommandLine
from rankdistill.errors import SEE_TRACEBACK, SweepError, explain, is_for_people

TRAIN = CommandLine("train")
NO_MEMORY = "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 8 bytes."


def raised(*overrides, command="train"):
    """What Hydra raises over these overrides, and how it is explained."""
    line = CommandLine(command, overrides)
    with pytest.raises((HydraException, TypeError)) as caught:
        line.compose()
    assert is_for_people(caught.value)
    return explain(caught.value, line)


@pytest.mark.parametrize(
    "error",
    [
        SweepError("2 of 3 jobs failed"),
        ValueError("top_k must be positive"),
        FileNotFoundError("There is no checkpoint"),
        FloatingPointError("the loss is not finite"),
        YAMLError("a tab"),
        MisconfigurationException("no such device"),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError(NO_MEMORY),
        RuntimeError("Invalid plugin name"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_whose_text_says_what_to_do_are_for_people(error):
    assert is_for_people(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        TypeError("an unexpected keyword"),
        AssertionError(),
        KeyError("backbone"),
        BrokenPipeError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_defects_of_ours_and_a_closed_pipe_are_not(error):
    assert not is_for_people(error)


def test_a_message_of_several_lines_becomes_one_with_the_hint():
    said = explain(ValueError("one\n  two\tthree"), TRAIN)
    assert said == f"one two three {SEE_TRACEBACK}"
    assert explain(ValueError("one"), TRAIN, hint="") == "one"


def test_an_error_without_a_text_goes_by_its_kind():
    assert explain(FloatingPointError(), TRAIN, hint="") == "FloatingPointError"


def test_the_text_of_a_sweep_stands_as_it_is():
    assert explain(SweepError("2 of 3 jobs failed:\n  a\n  b"), TRAIN) == (
        "2 of 3 jobs failed:\n  a\n  b"
    )


def test_too_little_memory_is_told_with_what_to_lower():
    on_gpu = explain(torch.OutOfMemoryError("tried to allocate 2 GiB"), TRAIN, hint="")
    assert on_gpu.startswith("Out of accelerator memory: lower training.batch_size or ")
    on_cpu = explain(RuntimeError(NO_MEMORY), TRAIN, hint="")
    assert on_cpu == "Out of memory: choose a smaller model or smaller batches."


def test_an_option_that_is_not_there_is_told_the_nearest():
    assert (
        raised("backbone=lightgnc")
        == "There is no backbone=lightgnc; did you mean 'backbone=lightgcn'?"
    )


@pytest.mark.slow
def test_a_setting_that_is_not_there_is_told_the_nearest():
    said = raised("trainer.patienc=3")
    assert said == "There is no setting 'trainer.patienc'; did you mean 'trainer.patience'?"


def test_a_group_of_another_command_is_told_from_a_typo():
    said = raised("backbone=lightgcn", command="export")
    assert said == (
        "backbone is a group, but nothing in this configuration reads it; "
        "see what is read with: rankdistill export --cfg job"
    )


def test_a_word_without_an_equals_sign_sets_nothing():
    assert raised("orders.csv").startswith("'orders.csv' sets nothing: a setting is typed as key=")


def test_an_override_that_hydra_cannot_read_is_quoted_with_the_line_to_type():
    said = raised("data.path=my (orders).csv")
    assert said.startswith("The override 'data.path=my (orders).csv' cannot be read: ")
    assert "\n" not in said
    assert "Where its value is text, type: " in said


def test_a_group_that_is_given_something_else_than_names_is_told_so():
    said = raised("backbone=[1]")
    assert said.startswith("backbone=[1] names no option: type one of backbone=")
