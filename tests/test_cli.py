import json
import re
import subprocess
import sys

import pytest

from rankdistill import cli
from rankdistill.conf_path import conf_dir
from rankdistill.config.groups import groups_of
from tests.running import SMALL, environment, program, run_apart, run_here

TRACEBACK = "Traceback (most recent call last)"


def told(capsys) -> str:
    """What stderr holds, which must be one line that begins with the program's name."""
    text = capsys.readouterr().err
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) == 1, text
    assert lines[0].startswith("rankdistill: ")
    assert TRACEBACK not in text
    return lines[0]


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--version"]])
def test_help_imports_nothing_that_takes_long(arguments):
    listing = (
        "import json, sys, rankdistill.cli as cli; cli.main(); "
        "print(json.dumps(list(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", listing, *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(json.loads(ran.stderr))
    assert "rankdistill.cli" in imported
    assert not {"torch", "pytorch_lightning", "hydra", "numpy", "polars", "optuna"} & imported
    assert len(imported) < 150, "each costs its share of an answer within a second"


def test_help_lists_commands_groups_with_options_and_examples():
    text = cli.usage()
    for command in cli.COMMANDS:
        assert f"\n  {command} " in text
        assert f"\n  rankdistill {command} " in text, "an example of every command"
    groups = {path.parent for path in conf_dir().rglob("*.yaml")} - {conf_dir()}
    assert len(groups) > 20
    for folder in groups:
        name = folder.relative_to(conf_dir()).as_posix()
        if name.startswith("hydra/"):
            assert f"  {name} " not in text, "a group of Hydra's own"
            continue
        (line,) = (line for line in text.splitlines() if line.startswith(f"  {name} "))
        options = sorted(path.stem for path in folder.glob("*.yaml"))
        assert line.split()[1:] == options


@pytest.mark.slow
@pytest.mark.parametrize("command", [name for name in cli.COMMANDS if name not in cli.PLAIN])
def test_the_help_of_a_command_lists_its_own_groups_alone(command):
    lines = cli.usage(command).partition(f"groups of {command}:\n")[2].partition("\n\n")[0]
    listed = {line.split()[0]: line.split()[1:] for line in lines.splitlines()}
    assert listed == groups_of(command, conf_dir())
    assert ("weighting" in listed) is (command in {"train", "compare", "tune"})
    assert ("cascade/students" in listed) is (command == "cascade")


def test_every_command_has_a_module_and_a_primary_configuration():
    for command in cli.COMMANDS:
        assert (conf_dir() / f"{command}.yaml").is_file() == (command not in cli.PLAIN)
        assert callable(__import__(f"rankdistill.commands.{command}", fromlist=["run"]).run)


@pytest.mark.parametrize("arguments", [[], ["help"], ["-h"]])
def test_no_command_at_all_shows_the_help(arguments, tmp_path, monkeypatch, capsys):
    assert run_here(monkeypatch, tmp_path, *arguments) == 0
    assert "usage: rankdistill COMMAND" in capsys.readouterr().out


def test_an_unknown_command_suggests_the_nearest(tmp_path, monkeypatch, capsys):
    assert run_here(monkeypatch, tmp_path, "trian", "data=synthetic") == 2
    assert "There is no command 'trian'; did you mean 'train'?" in told(capsys)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "size=d3"], r"There is no size=d3; did you mean 'size=d\d+'"),
        (
            ["train", "weighting=unform"],
            "There is no weighting=unform; did you mean 'weighting=uniform'",
        ),
        (["train", "data=ml_100"], "There is no data=ml_100; did you mean 'data=ml_100k'"),
        (
            ["train", "distillation=[plackett_luc]"],
            "There is no distillation=plackett_luc; did you mean 'distillation=plackett_luce'",
        ),
        (
            ["train", "teacher=ease", "distillation=[experts]"],
            "distillation=experts compares embeddings, and the teacher Ease has none",
        ),
        (
            ["train", "wieghting=uniform"],
            "There is no setting 'wieghting'; did you mean 'weighting'",
        ),
        (
            ["train", "trainer.max_epoch=3"],
            "'trainer.max_epoch'; did you mean 'trainer.max_epochs'",
        ),
        (["train", "distillation.topk=3"], "did you mean 'distillation.top_k'"),
        (["train", "module=student", "top_k=k5"], "top_k is a group, but nothing .* reads it"),
        (
            ["train", "trainer.max_epochs=many"],
            "trainer.max_epochs must be a whole number, got 'many'",
        ),
        (["train", "trainer.max_epochs=0"], "trainer.max_epochs must be at least 1, got 0"),
        (["train", "evaluation.monitor=val/map@6"], "not computed; did you mean 'val/map@5'"),
        (["train", "distillation.loss_balance=papr"], "did you mean 'paper'"),
        (["train", "distillation.alpha=2"], r"alpha must lie in \[0, 1\]"),
        (
            ["train", "data.num_users=none"],
            "data.num_users must be a whole number, got 'none'",
        ),
        (["train", "training.batch_size=0"], "batch_size must be at least 1"),
        (["train", "teacher.checkpoint=nowhere.ckpt"], "There is no checkpoint at nowhere.ckpt"),
        (["train", "ranking_loss=softmax", "+ranking_loss.tau=1"], "Softmax has no setting 'tau'"),
        (
            ["train", "+backbone.init_sd=1"],
            "no setting 'init_sd'; did you mean 'backbone.init_std'",
        ),
        (["train", "backbone._target_=os.system"], "os.system is outside rankdistill"),
        (["train", "seed.split=["], "The override 'seed.split=\\[' cannot be read"),
        (["train", "module=student", "size@teacher=d4"], "Nothing reads size@teacher.*is size"),
        (["compare", "distillation.alpha=2"], r"alpha must lie in \[0, 1\]"),
        (["compare", "seeds=[]"], "seeds must be a list of different numbers"),
        (["compare", "seeds=[1,1]"], "seeds must be a list of different numbers"),
        (["compare", "trainer=ddp"], "trainer=ddp with: rankdistill train"),
    ],
)
def test_a_mistake_ends_in_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    command, *overrides = arguments
    given = {override.partition("=")[0] for override in overrides}
    small = [override for override in SMALL if override.partition("=")[0] not in given]
    if "data" in given:
        small = []
    assert run_here(monkeypatch, tmp_path, command, *small, *overrides) == 1
    line = told(capsys)
    assert re.search(message, line), line
    assert not list(tmp_path.rglob("metrics.json")), "a teacher was trained for nothing"


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("weighting=é", "'weighting=\"é\"'"),
        ("experiment=a,b=c", "'experiment=\"a,b=c\"'"),
        ("size=(2)", "'size=\"(2)\"'"),
        ("evaluation.monitor=val map (5)", "'evaluation.monitor=\"val map (5)\"'"),
        ("trainer.precision=32;true", "'trainer.precision=\"32;true\"'"),
        ("data.num_users=#80", "'data.num_users=\"#80\"'"),
        ("module={student", "'module=\"{student\"'"),
        ("top_k=k5]", "'top_k=\"k5]\"'"),
        ("split=it's", "'split=\"it'\"'\"'s\"'"),
        ("negatives=a|b[", "'negatives=\"a|b[\"'"),
    ],
)
def test_an_override_that_cannot_be_read_is_answered_with_the_line_to_type(
    override, line, tmp_path, monkeypatch, capsys
):
    assert run_here(monkeypatch, tmp_path, "train", override) == 1
    text = told(capsys)
    assert f"The override {override!r} cannot be read: " in text
    assert text.endswith(f"Where its value is text, type: {line}")


def test_a_word_that_sets_nothing_may_be_the_rest_of_a_text_with_blanks(
    tmp_path, monkeypatch, capsys
):
    assert run_here(monkeypatch, tmp_path, "inspect", "data.path=my", "orders.csv") == 1
    assert "'orders.csv' sets nothing: a setting is typed as key=value" in told(capsys)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("2024_11", "1e5", "my data (2).tsv", "size=d2,weighting=hybrid", "é", "null", "5.10"),
        *("it's.ckpt", "a b", "[1]", "{x}", "a;b#c"),
    ],
)
def test_a_checkpoint_is_looked_for_under_the_name_that_was_typed(
    name, tmp_path, monkeypatch, capsys
):
    arguments = ["recommend", f"checkpoint={name}", "user=1"]
    assert run_here(monkeypatch, tmp_path, *arguments) == 1
    assert f"There is no checkpoint at {name}" in told(capsys)


def test_a_yaml_of_the_users_own_that_cannot_be_read_ends_in_one_line(
    tmp_path, monkeypatch, capsys
):
    own = tmp_path / "own" / "experiment"
    own.mkdir(parents=True)
    (own / "mine.yaml").write_text("training:\n  learning_rate: 0.1\n bad\n", encoding="utf-8")
    arguments = ["train", *SMALL, "experiment=mine", "--config-dir", str(tmp_path / "own")]
    assert run_here(monkeypatch, tmp_path, *arguments) == 1
    assert "mine.yaml" in told(capsys)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "checkpoint"),
        (["checkpoint=model.ckpt"], "user"),
        (["checkpoint=nowhere/model.ckpt", "user=1"], "no checkpoint at nowhere/model.ckpt"),
        (["chekpoint=model.ckpt", "user=1"], "There is no setting 'chekpoint'.*'checkpoint'"),
        (["checkpoint=model.ckpt", "user=1", "limit=many"], "limit"),
    ],
)
def test_a_mistake_with_recommend_ends_in_one_line(
    arguments, message, tmp_path, monkeypatch, capsys
):
    assert run_here(monkeypatch, tmp_path, "recommend", *arguments) == 1
    line = told(capsys)
    assert re.search(message, line), line
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_traceback_is_shown_to_those_who_ask_and_to_nobody_else(tmp_path):
    arguments = ["train", "data=ml_100"]
    asked = run_apart(tmp_path, *arguments, HYDRA_FULL_ERROR="1")
    assert asked.returncode == 1
    assert TRACEBACK in asked.stderr
    assert "MissingConfigException" in asked.stderr
    plain = run_apart(tmp_path, *arguments)
    assert plain.returncode == 1
    assert plain.stderr.count("\n") == 1
    assert plain.stderr.startswith("rankdistill: There is no data=ml_100")


@pytest.mark.slow
def test_a_defect_of_ours_keeps_its_traceback(tmp_path, monkeypatch):
    def broken(config):
        raise RuntimeError("a defect")

    monkeypatch.setattr("rankdistill.commands.train.run", broken)
    with pytest.raises(RuntimeError, match="a defect"):
        run_here(monkeypatch, tmp_path, "train", *SMALL)


@pytest.mark.slow
def test_the_module_and_the_console_script_are_the_same_program(tmp_path):
    outputs = [
        subprocess.run(
            [*start, "--help"], cwd=tmp_path, env=environment(), capture_output=True, check=True
        ).stdout
        for start in ([sys.executable, "-m", "rankdistill"], [str(program())])
    ]
    assert outputs[0] == outputs[1]
    assert b"examples:" in outputs[0]


@pytest.mark.slow
def test_cfg_job_prints_the_whole_configuration_and_runs_nothing(tmp_path, monkeypatch, capsys):
    assert (
        run_here(monkeypatch, tmp_path, "train", "data=synthetic", "size=d4", "--cfg", "job") == 0
    )
    assert "embedding_dim: 4" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_flags_may_stand_anywhere_among_the_overrides(tmp_path, monkeypatch, capsys):
    arguments = ["data=synthetic", "--cfg", "job", "size=d4"]
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0
    assert "embedding_dim: 4" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trainer.threads=0"], "trainer.threads must lie between 1"),
        (["trainer.devices=99"], "trainer.devices must lie between 1"),
        (["trainer.accelerator=tpu"], "trainer.accelerator is 'tpu'"),
        (["backbone.init_std=nan"], "init_std must be positive"),
        (["backbone.embedding_dim=1000000000000"], "GiB to train for 140 users and items"),
        (["hydra.run.dir="], "hydra.run.dir is empty; name a folder"),
        (["-m", "hydra.launcher._target_=os.system", "size=d2,d10"], "Invalid plugin 'os.system'"),
        (["split._target_=rankdistill.__main__.X"], "rankdistill.__main__.X does not exist"),
        (["backbone=[1]"], r"backbone=\[1\] names no option: type one of backbone="),
        (["data.seed=${oc.env:HOME}"], r"data.seed is \$\{oc.env:HOME\}"),
    ],
)
def test_a_value_out_of_range_ends_in_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    small = [*SMALL, "module=student"]
    assert run_here(monkeypatch, tmp_path, "train", *small, *arguments) == 1
    line = told(capsys)
    assert re.search(message, line), line
