"""A group that is given something else than the name of an option is told what it takes."""

import pytest

from rankdistill.config import option_values
from rankdistill.config.command_line import CommandLine
from rankdistill.config.option_values import no_name_of_an_option, no_such_option, options_of

TRAIN = CommandLine("train")


def told(*overrides):
    return no_name_of_an_option(CommandLine("train", overrides))


@pytest.mark.parametrize(
    ("override", "begin"),
    [
        ("size=3", "size=3 names no option: type backbone.embedding_dim=3, or one of size=d2, "),
        ("size@teacher=3", "size@teacher=3 names no option: type teacher.backbone.embedding_dim=3"),
        ("top_k=4", "top_k=4 names no option: type distillation.top_k=4, or one of top_k=k5, "),
        ("top_k=99999", "top_k=99999 names no option: type distillation.top_k=99999, or one of"),
        ("top_k=0", "top_k=0 names no option: type one of top_k=k5, "),
        ("size=2.5", "size=2.5 names no option: type one of size=d2, "),
        ("storage=8", "storage=8 names no option: type storage.bits=8, or one of storage=fp16"),
        ("storage=9", "storage=9 names no option: type one of storage=fp16"),
        ("backbone=null", "backbone=null names no option: type one of backbone="),
        ("weighting=true", "weighting=true names no option: type one of weighting="),
        ("distillation=0.3", "distillation=0.3 names no option: type one of distillation="),
        ("backbone=[1]", "backbone=[1] names no option: type one of backbone="),
        ("size=d2,3", "size=3 names no option: type backbone.embedding_dim=3"),
    ],
)
def test_it_is_answered_with_options_and_with_the_number_behind_them(override, begin):
    assert str(told(override)).startswith(begin)


def test_names_and_settings_are_left_alone():
    assert told("size=d10", "distillation=[ranking]", "trainer.max_epochs=3", "~seed") is None


def test_options_come_in_the_order_of_their_numbers():
    options = options_of("size", TRAIN)
    assert options.index("d2") < options.index("d10") < options.index("d100")
    assert options_of("nothing", TRAIN) == []


def test_an_option_that_is_not_there_is_told_the_nearest_and_the_number():
    line = CommandLine("train", ("size@teacher=d3",))
    said = no_such_option("size", "d3", line)
    assert said.startswith("There is no size@teacher=d3; did you mean 'size@teacher=d")
    assert said.endswith("Any number can be typed: teacher.backbone.embedding_dim=3")
    said = no_such_option("weighting", "zzz", TRAIN)
    assert said.startswith("There is no weighting=zzz; there are weighting=discrepancy, ")


@pytest.mark.parametrize(
    ("launcher", "package"),
    [
        ("joblib", "hydra-joblib-launcher"),
        ("submitit_slurm", "hydra-submitit-launcher"),
        ("submitit_local", "hydra-submitit-launcher"),
    ],
)
def test_a_launcher_that_is_not_installed_is_told_with_the_line_to_install_it(launcher, package):
    said = no_such_option("hydra/launcher", launcher, TRAIN)
    assert said == (
        f"hydra/launcher={launcher} needs a package that is not installed: pip install {package}"
    )


def test_another_launcher_is_told_those_that_there_are(monkeypatch):
    monkeypatch.setattr(option_values, "options_of", lambda group, line: ["basic"])
    assert "there are hydra/launcher=basic" in no_such_option("hydra/launcher", "dask", TRAIN)
