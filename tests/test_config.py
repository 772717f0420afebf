import functools
import itertools
import shutil
from dataclasses import fields
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

from rankdistill.building import build
from rankdistill.conf_path import conf_dir
from rankdistill.config.inspect import InspectConfig
from rankdistill.config.model import ModelConfig
from rankdistill.config.reading import read_config
from rankdistill.config.recommend import RecommendConfig
from rankdistill.data.rank_distill import FILES
from rankdistill.runs.models import (
    make_model,
    make_student,
    make_teacher,
)
from rankdistill.runs.preparing import rehearsed_model
from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.space import as_override, read_space
from tests.running import composed, small_datamodule

CONF = conf_dir()
COMMANDS = sorted(path.stem for path in CONF.glob("*.yaml") if not path.stem.startswith("base"))
TRAINING = ["compare", "train"]
WITHOUT_MODELS = ["export", "inspect", "recommend", "score"]
GROUPS = sorted(
    path.relative_to(CONF).as_posix()
    for path in CONF.rglob("*")
    if any(path.glob("*.yaml")) and path.relative_to(CONF).parts[0] != "cascade"
)
"""Those of the cascade are composed and built by the tests of the cascade."""
SPECIAL = {"experiment", "sweep", "tuning", "hydra/sweeper"}


def options_of(groups):
    return [
        (group, path.stem) for group in groups for path in sorted((CONF / group).glob("*.yaml"))
    ]


OF_THE_CASCADE = ("data", "request_log")
"""An option of a common group that the cascade alone reads; its tests build it."""
OPTIONS = [each for each in options_of(sorted(set(GROUPS) - SPECIAL)) if each != OF_THE_CASCADE]
PRESETS = options_of(["experiment", "sweep"])
APART = {"data", "evaluation", "sharpness", "size", "split", "storage", "top_k", "trainer"}
"""Groups that change nothing of what the others choose from: composed side by side."""
SIDE_BY_SIDE = list(
    itertools.zip_longest(
        *([(group, name) for group, name in OPTIONS if group == one] for one in sorted(APART))
    )
)
NEEDED = {  # what an option is read with, where the defaults do not read it
    "student_rank": ("weighting=hybrid",),
    "negatives": ("ranking_loss=pointwise",),
}


@functools.cache
def chosen_groups(*overrides: str, command: str = "train") -> list[str]:
    """Every key that chooses a group, such as size and size@teacher."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        loader = GlobalHydra.instance().config_loader()
        defaults = loader.compute_defaults_list(command, list(overrides), RunMode.RUN)
    return list(defaults.overrides.known_choices)


def build_everything(cfg, tmp_path, datamodule):
    """Every object that a composed configuration describes, each by what builds it in a run."""
    if cfg.data.name == "DelimitedDataModule":
        cfg.data.settings["path"] = str(tmp_path / "ratings.tsv")
        Path(cfg.data.settings["path"]).write_text("user\titem\n1\t1\n")
    if cfg.data.name == "RankDistillDataModule":
        cfg.data.settings["path"] = str(tmp_path)
        for part in FILES.values():
            (tmp_path / part).parent.mkdir(exist_ok=True)
            (tmp_path / part).write_text("1 1 1\n")
    build(cfg.data, splitter=build(cfg.split), split_seed=cfg.seed.split, user_block=4)
    if cfg.teacher is None:
        make_model(cfg, datamodule, None)
    else:
        make_model(cfg, datamodule, make_teacher(cfg, datamodule).backbone)
    make_student(cfg, datamodule)


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


@pytest.fixture
def own_conf(tmp_path):
    """A copy of conf/ to make mistakes in."""
    return Path(shutil.copytree(CONF, tmp_path / "conf"))


@pytest.mark.slow
@pytest.mark.parametrize("command", TRAINING)
def test_the_defaults_of_every_command_compose_and_build(command, tmp_path, datamodule):
    build_everything(composed(command), tmp_path, datamodule)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", SIDE_BY_SIDE, ids=lambda row: f"{next(filter(None, row))[1]} and others"
)
def test_every_option_that_others_do_not_depend_on_composes_and_builds(
    options, tmp_path, datamodule
):
    chosen = [
        f"{key}={name}"
        for group, name in filter(None, options)
        for key in chosen_groups("data=synthetic")
        if key.split("@")[0] == group
    ]
    assert len({text.partition("=")[0] for text in chosen} & APART) == len([*filter(None, options)])
    build_everything(composed("train", *chosen), tmp_path, datamodule)


@pytest.mark.slow
@pytest.mark.parametrize(("group", "option"), [each for each in OPTIONS if each[0] not in APART])
def test_every_option_composes_and_builds(group, option, tmp_path, datamodule):
    needed = NEEDED.get(group, ())
    keys = {key for key in chosen_groups("data=synthetic", *needed) if key.split("@")[0] == group}
    if group == "distillation":
        keys, option = {group}, f"[{option}]"
    assert keys, f"nothing reads {group}="
    cfg = composed("train", *needed, *(f"{key}={option}" for key in keys))
    build_everything(cfg, tmp_path, datamodule)


@pytest.mark.slow
@pytest.mark.parametrize(("group", "option"), PRESETS)
def test_every_experiment_and_sweep_composes_and_builds(group, option, tmp_path, datamodule):
    build_everything(composed("train", f"{group}={option}"), tmp_path, datamodule)


def test_every_command_is_composed_by_a_test_of_its_kind():
    assert sorted([*TRAINING, *WITHOUT_MODELS, "cascade", "tune"]) == COMMANDS


@pytest.mark.slow
@pytest.mark.parametrize("option", [path.stem for path in sorted((CONF / "tuning").glob("*.yaml"))])
def test_every_tuning_option_draws_settings_that_make_a_model(option):
    datamodule = small_datamodule(num_users=300, num_items=900, num_interactions=9000)
    recipe = Recipe("tune", (), ("data=synthetic", f"tuning={option}", "study=s"))
    space = read_space(recipe.settings().tuning.space)
    for end in (0, -1):
        cfg = recipe.settings([as_override(key, e.samples[end]) for key, e in space.items()])
        rehearsed_model(cfg, datamodule)


@pytest.mark.slow
def test_tune_trains_by_default_what_train_trains():
    trained, tuned = composed("train"), Recipe("tune", (), ("study=s",)).settings()
    for each in fields(ModelConfig):
        assert getattr(tuned, each.name) == getattr(trained, each.name)


def test_recommend_composes_and_names_its_missing_values():
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        cfg = compose("recommend", overrides=["checkpoint=model.ckpt", "user=7"])
    assert read_config(cfg, RecommendConfig).checkpoint == "model.ckpt"


@pytest.mark.slow
def test_inspect_tries_the_splits_as_the_other_commands_make_them():
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        cfg = read_config(compose("inspect", overrides=["data.path=a.csv"]), InspectConfig)
    assert set(cfg.splits) == {path.stem for path in (CONF / "split").glob("*.yaml")}
    for name, split in cfg.splits.items():
        assert split == composed("train", f"split={name}").split
        build(split)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "weighting", "sharpness", "top_k"),
    [  # every pair of values meets
        ("d2", "uniform", "paper", "k10"),
        ("d10", "uniform", "broad", "k30"),
        ("d10", "position", "paper", "k10"),
        ("d2", "position", "broad", "k30"),
        ("d10", "discrepancy", "paper", "k30"),
        ("d2", "discrepancy", "broad", "k10"),
        ("d2", "hybrid", "paper", "k30"),
        ("d10", "hybrid", "broad", "k10"),
    ],
)
def test_the_four_choices_of_the_main_sweep_combine_freely(size, weighting, sharpness, top_k):
    cfg = composed(
        "train",
        "data=synthetic",
        f"size={size}",
        f"weighting={weighting}",
        f"sharpness={sharpness}",
        f"top_k={top_k}",
    )
    (method,) = cfg.distillation.methods.values()
    assert cfg.backbone.settings["embedding_dim"] == int(size[1:])
    assert cfg.teacher.backbone.settings["embedding_dim"] == 200
    assert method.settings["top_k"] == int(top_k[1:])
    read = {"position": {"lambda_"}, "discrepancy": {"mu"}, "hybrid": {"lambda_", "mu"}}
    chosen = {"paper": {"lambda_": 1.0, "mu": 0.1}, "broad": {"lambda_": 10.0, "mu": 0.003}}
    expected = {key: chosen[sharpness][key] for key in read.get(weighting, set())}
    weighting = method.settings["weighting"]
    found = {key: weighting[key] for key in ("lambda_", "mu") if key in weighting}
    assert found == expected


def test_every_choice_is_a_group_by_its_plain_name():
    chosen = {*chosen_groups("data=synthetic", "weighting=hybrid"), "distillation"}
    assert {group for group, _ in OPTIONS} <= chosen


def test_the_negatives_can_be_chosen_for_student_and_teacher():
    cfg = composed("train", "data=synthetic", "ranking_loss=pointwise", "negatives=popularity")
    for loss in (cfg.ranking_loss, cfg.teacher.ranking_loss):
        assert loss.settings["negatives"]["_target_"].endswith("PopularityNegatives")


@pytest.mark.parametrize("ranking_loss", ["pointwise", "bpr", "softmax"])
def test_the_teacher_has_the_ranking_loss_of_the_student_unless_told_otherwise(ranking_loss):
    cfg = composed("train", "data=synthetic", f"ranking_loss={ranking_loss}")
    assert cfg.teacher.ranking_loss == cfg.ranking_loss
    assert cfg.teacher.training == cfg.training


def test_package_lines_come_first_because_hydra_ignores_them_elsewhere():
    for path in CONF.rglob("*.yaml"):
        later_lines = path.read_text(encoding="utf-8").splitlines()[1:]
        assert not [line for line in later_lines if "@package" in line], path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("weighting/hybrid.yaml", "warmup_epochs", "warm_up_epochs", "'warmup_epochs'"),
        ("backbone/matrix_factorization.yaml", "init_std", "init_sd", "'init_std'"),
        ("ranking_loss/pointwise.yaml", "num_negatives", "num_negative", "'num_negatives'"),
        ("distillation/ranking.yaml", "weight: 1.0", "wieght: 1.0", "'weight'"),
        ("split/random.yaml", "per_user", "by_user", "'per_user'"),
        ("data/synthetic.yaml", "num_users", "n_users", "'num_users'"),
    ],
)
def test_a_typo_in_the_yaml_of_a_component_is_an_error_that_names_the_nearest_key(
    own_conf, file, old, new, message, tmp_path, datamodule
):
    path = own_conf / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    cfg = composed("train", "data=synthetic", "ranking_loss=pointwise", conf=own_conf)
    with pytest.raises(ValueError, match=f"has no setting .*did you mean {message}"):
        build_everything(cfg, tmp_path, datamodule)


@pytest.mark.slow
def test_a_network_brings_the_weight_decay_that_it_needs_whatever_the_loss():
    for loss in ("bpr", "softmax"):
        cfg = composed("train", "data=synthetic", f"ranking_loss={loss}", "backbone=lightgcn")
        assert cfg.training.weight_decay == 1e-5
        assert cfg.teacher.training.weight_decay > 1e-5
        cfg = composed(
            "train", "data=synthetic", f"ranking_loss={loss}", "backbone@teacher=lightgcn"
        )
        assert cfg.teacher.training.weight_decay == 1e-5
