import shutil
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from tests.running import composed

from rankdistill.building import Component
from rankdistill.conf_path import conf_dir
from rankdistill.config.export import ExportConfig
from rankdistill.config.reading import read_config
from rankdistill.config.recommend import RecommendConfig
from rankdistill.config.teacher import TeacherConfig

EXPORT = {
    "checkpoint": "a.ckpt",
    "format": "rank",
    "output": "b.rank",
    "storage": {"bits": 8},
    "seen": True,
    "data": {"_target_": "rankdistill.x.Data"},
    "allow_targets": [],
}
RECOMMEND = {
    "model": "",
    "checkpoint": "a",
    "user": 7,
    "history": None,
    "exclude": [],
    "limit": 1,
    "allow_targets": [],
}


@pytest.fixture
def own_conf(tmp_path):
    """A copy of conf/ to make mistakes in."""
    return Path(shutil.copytree(conf_dir(), tmp_path / "conf"))


def read(content, schema=ExportConfig):
    return read_config(OmegaConf.create(content), schema)


def test_nodes_become_dataclasses_and_interpolations_are_resolved():
    made = read({**EXPORT, "checkpoint": "b.rank", "output": "${checkpoint}"})
    assert made.storage.bits == 8
    assert made.output == "b.rank"


def test_a_node_with_a_target_becomes_a_component_whose_settings_stay_plain():
    inner = {"_target_": "rankdistill.x.Inner", "values": [1, {"k": None}]}
    node = {"_target_": "rankdistill.x.Outer", "inner": inner, "size": 3}
    made = read({**RECOMMEND, "data": node}, RecommendConfig)
    assert made.data == Component("rankdistill.x.Outer", {"inner": inner, "size": 3})
    assert made.data.node == node
    assert made.user == "7"
    assert type(made.data.settings["inner"]) is dict


def test_members_of_an_ensemble_are_read_as_teachers():
    cfg = composed("train", "data=synthetic", "teacher=ensemble")
    assert all(type(member) is TeacherConfig for member in cfg.teacher.members.values())
    assert cfg.teacher.members["second"].backbone.name == "Ease"


def test_a_component_without_a_target_is_told_what_it_lacks():
    with pytest.raises(ValueError, match="data needs a _target_: the full name of a class"):
        read({**RECOMMEND, "data": {"size": 3}}, RecommendConfig)


@pytest.mark.parametrize("key", ["checkpoint", "storage", "allow_targets"])
def test_a_missing_value_is_named(key):
    with pytest.raises(ValueError, match=f"{key} has no value"):
        read({name: value for name, value in EXPORT.items() if name != key})


def test_an_unknown_key_names_the_nearest():
    with pytest.raises(ValueError, match="no setting 'outputs'; did you mean 'output'"):
        read({**EXPORT, "outputs": "c.rank"})
    with pytest.raises(ValueError, match=r"'storage\.bit'; did you mean 'storage.bits'"):
        read({**EXPORT, "storage": {"bit": 8}})


@pytest.mark.parametrize(
    ("file", "added", "message"),
    [
        ("train.yaml", "evaluations: {}", "There is no setting 'evaluations'.*'evaluation'"),
        ("trainer/cpu.yaml", "max_epoch: 3", "'trainer.max_epoch'.*'trainer.max_epochs'"),
        ("base.yaml", "sede: {split: 1}", "There is no setting 'sede'.*'seed'"),
    ],
)
def test_a_typo_in_yaml_is_an_error_that_names_the_nearest_key(own_conf, file, added, message):
    path = own_conf / file
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{added}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        composed("train", "data=synthetic", conf=own_conf)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainer.max_epochs=many", "trainer.max_epochs must be a (whole )?number, got 'many'"),
        ("evaluation.top_k=5", "evaluation.top_k"),
        (
            "training.learning_rate=fast",
            "training.learning_rate must be a (whole )?number, got 'fast'",
        ),
        ("distillation.alpha=half", "distillation.alpha must be a (whole )?number, got 'half'"),
        ("seed.split=x", "seed.split must be a (whole )?number, got 'x'"),
        ("storage.bits=few", "storage.bits must be a (whole )?number, got 'few'"),
    ],
)
def test_a_value_of_the_wrong_type_is_an_error_that_names_its_key(override, message):
    with pytest.raises(ValueError, match=message):
        composed("train", "data=synthetic", override)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("evaluation.monitor=val/map@7", r"'val/map@7', which is not computed.*'val/map@5'"),
        ("evaluation.monitor=test/map@5", r"not computed.*'val/map@5'"),
        ("evaluation.metrics=[ndcg]", r"'val/map@5', which is not computed.*'val/ndcg@5'"),
        ("trainer.max_epochs=0", "trainer.max_epochs must be at least 1, got 0"),
        ("trainer.patience=0", "trainer.patience must be at least 1, got 0"),
        ("trainer.matmul_precision=hi", "trainer.matmul_precision is 'hi'"),
        ("training.learning_rate=0", "learning_rate must be positive"),
        (
            "teacher.training.weight_decay=-1",
            "teacher.training.weight_decay must not be negative, got -1",
        ),
        ("storage.bits=1", "storage.bits must be 32, 16, or between 8 and 2, got 1"),
        ("storage.bits=24", "storage.bits must be 32, 16, or between 8 and 2, got 24"),
    ],
)
def test_settings_that_contradict_each_other_are_refused_before_anything_runs(override, message):
    with pytest.raises(ValueError, match=message):
        composed("train", "data=synthetic", override)
