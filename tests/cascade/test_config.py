import itertools
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from rankdistill.cascade.config import CascadeConfig, RankerTraining
from rankdistill.cascade.runs.log_variants import log_variants
from rankdistill.cascade.runs.models import (
    make_cascade_data,
    make_early_ranker,
    make_final_ranker,
    make_logging,
)
from rankdistill.conf_path import conf_dir
from rankdistill.config.reading import read_config
from rankdistill.runs.models import load_data
from tests.running import SMALL_DATA, composed

CONF = conf_dir()
NEEDED = {"delimited": ["data.path=ratings.tsv"]}
"""What an option is composed with, beside the defaults."""


def options_of(*groups):
    return [
        (group, path.stem) for group in groups for path in sorted((CONF / group).glob("*.yaml"))
    ]


OWN = options_of(*(p.relative_to(CONF).as_posix() for p in sorted((CONF / "cascade").rglob("*"))))
SHARED = list(
    itertools.zip_longest(
        [option for option in options_of("data") if option != ("data", "request_log")],
        [option for option in options_of("trainer") if option != ("trainer", "ddp")],
        options_of("storage"),
    )
)
"""Options that do not depend on each other: composed side by side."""
SWEEPS = [option for group, option in OWN if group == "cascade/sweep"]
OTHER_SPLITS = [option for _, option in options_of("split") if option != "temporal"]


def composed_cascade(*overrides: str) -> CascadeConfig:
    """The checked configuration of `rankdistill cascade`."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        return read_config(compose("cascade", overrides=list(overrides)), CascadeConfig)


def datamodule_of(cfg):
    return load_data(cfg.data, cfg.split, cfg.seed.split, 8, cfg.allow_targets)


@pytest.fixture(scope="module")
def made():
    """A datamodule that is split by time, and a cascade's data from it."""
    cfg = composed_cascade("data=synthetic", *SMALL_DATA)
    datamodule = datamodule_of(cfg)
    return datamodule, make_cascade_data(cfg, datamodule)


def build_cascade(cfg, datamodule, data):
    """Build every object that a configuration describes, by what builds it in a run."""
    final = make_final_ranker(cfg, data, datamodule)
    for student in cfg.students:
        early = make_early_ranker(cfg, student, data, datamodule)
        served, ranking = (
            sum(weight.numel() for weight in module.network.parameters())
            for module in (early, final)
        )
        assert served < ranking
    for changes in (
        {},
        *(variant.changes for variant in log_variants(cfg.robustness, make_logging(cfg, {}))),
    ):
        make_logging(cfg, changes)


def override(group, option):
    return f"{group}=[{option}]" if group == "cascade/students" else f"{group}={option}"


def test_the_defaults_compose_and_build(made):
    build_cascade(composed_cascade(), *made)


@pytest.mark.slow
@pytest.mark.parametrize(("group", "option"), OWN)
def test_every_option_of_its_own_composes_and_builds(group, option, made):
    build_cascade(composed_cascade(override(group, option)), *made)


@pytest.mark.slow
@pytest.mark.parametrize("options", SHARED, ids=lambda row: f"{row[0][1]} and others")
def test_every_option_that_it_shares_with_other_commands_composes_and_builds(options, made):
    overrides = []
    for group, option in filter(None, options):
        overrides += [override(group, option), *NEEDED.get(option, ())]
    build_cascade(composed_cascade(*overrides), *made)


def test_a_trainer_of_several_processes_is_refused():
    with pytest.raises(ValueError, match="use trainer=cpu or trainer=gpu"):
        composed_cascade("trainer=ddp")


@pytest.mark.slow
@pytest.mark.parametrize("option", SWEEPS)
def test_the_keys_of_a_sweep_are_those_of_the_command(option):
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        cfg = compose("cascade", overrides=[f"cascade/sweep={option}"], return_hydra_config=True)
    swept = cfg.hydra.sweeper.params
    firsts = [f"{key}={str(values).split(',')[0]}" for key, values in swept.items()]
    composed_cascade(*firsts)


@pytest.mark.slow
@pytest.mark.parametrize("option", OTHER_SPLITS)
def test_every_split_that_is_not_by_time_is_refused(option):
    cfg = composed_cascade("data=synthetic", *SMALL_DATA, f"split={option}")
    with pytest.raises(ValueError, match="split=temporal"):
        make_cascade_data(cfg, datamodule_of(cfg))


@pytest.mark.slow
def test_a_request_log_composes_and_is_asked_for(tmp_path):
    cfg = composed_cascade("data=request_log")
    assert cfg.reads_request_log
    with pytest.raises(ValueError, match=r"type data\.path= and the name of a Parquet file"):
        cfg.check_places()
    (tmp_path / "log.parquet").touch()
    there = f"data.path={tmp_path / 'log.parquet'}"
    composed_cascade("data=request_log", there).check_places()
    with pytest.raises(ValueError, match="use split=temporal"):
        composed_cascade("data=request_log", there, "split=random").check_places()
    with pytest.raises(FileNotFoundError, match="There is no file lgo"):
        composed_cascade("data=request_log", "data.path=lgo.parquet").check_places()


@pytest.mark.parametrize(
    "typed",
    ["log.share=0.1", "cascade/log=tenth", "requests.page=5", "value.like=2", "+log.rescore=3"],
)
def test_settings_of_ratings_are_refused_beside_a_request_log(typed):
    cfg = composed_cascade("data=request_log")
    cfg.refuse_settings_of_ratings(["data.path=log.parquet", "cascade/students=[none]"])
    with pytest.raises(ValueError, match="has no effect with data=request_log"):
        cfg.refuse_settings_of_ratings(["data=request_log", typed])


@pytest.mark.slow
def test_the_evaluation_of_another_command_is_refused_in_words():
    with pytest.raises(ValueError, match=r"There is no setting 'evaluation\.metrics'"):
        composed_cascade("evaluation=ranking")
    with pytest.raises(ValueError, match=r"There is no setting 'evaluation\.kept'"):
        composed("train", "data=synthetic", "+cascade/evaluation=cuts")


def test_the_house_reads_no_group_of_the_cascade():
    for command in ("train", "compare"):
        assert "cascade" not in Path(CONF / f"{command}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("epochs", "least_steps", "batches", "expected"),
    [(10, 0, 7, 10), (10, 1000, 7, 143), (10, 1000, 140, 10), (None, 1000, 7, None)],
)
def test_a_decay_takes_its_epochs_and_more_where_they_have_few_batches(
    epochs, least_steps, batches, expected
):
    training = RankerTraining(
        learning_rate=0.1,
        weight_decay=0.0,
        batch_size=8,
        patience=1,
        decay_epochs=epochs,
        least_steps=least_steps,
    )
    assert training.epochs_of_decay(batches) == expected
