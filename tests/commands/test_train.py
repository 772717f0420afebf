import json
import re

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.running import SMALL, SMALL_DATA, SMALL_DISTILLED, run_here


def results(folder):
    return {
        path.parent.name: json.loads(path.read_text()) for path in folder.glob("*/metrics.json")
    }


@pytest.mark.slow
def test_a_sweep_leaves_a_result_for_every_job_and_trains_the_teacher_once(
    tmp_path, monkeypatch, capsys
):
    import rankdistill.runs.teacher_store as store

    trained = []
    train_into = store._train
    monkeypatch.setattr(
        store,
        "_train",
        lambda folder, *rest: (trained.append(folder), train_into(folder, *rest)),
    )
    sweep = ["-m", "hydra.sweep.dir=sweep", "size=d2,d4", "weighting=uniform,position"]
    settings = [text for text in SMALL_DISTILLED if not text.startswith("size=")]
    assert run_here(monkeypatch, tmp_path, "train", *settings, *sweep) == 0
    made = results(tmp_path / "sweep")
    assert sorted(made) == [
        "size-d2+weighting-position",
        "size-d2+weighting-uniform",
        "size-d4+weighting-position",
        "size-d4+weighting-uniform",
    ]
    assert [made[job]["embedding_dim"] for job in sorted(made)] == [2, 2, 4, 4]
    assert len(trained) == 1
    assert len(list((tmp_path / "outputs" / "teachers").glob("*/model.ckpt"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("module", ["teacher", "student", "distilled_student"])
def test_one_model_leaves_the_files_of_the_contract_in_the_folder_asked_for(
    module, tmp_path, monkeypatch, capsys
):
    settings = SMALL_DISTILLED if module == "distilled_student" else SMALL
    arguments = [*settings, f"module={module}", "hydra.run.dir=run"]
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0
    folder = tmp_path / "run"
    fields = json.loads((folder / "metrics.json").read_text())
    assert fields["status"] == "ok"
    assert fields["module"] == module
    assert (folder / ".hydra" / "overrides.yaml").is_file()
    assert torch.load(folder / "model.ckpt", weights_only=True)["hyper_parameters"]
    line = capsys.readouterr().out.splitlines()[-1]
    assert re.search(rf"test/map@5 {fields['metrics']['test/map@5']:.4f}; results in .*run", line)


def test_train_stores_as_it_is_told(tmp_path, monkeypatch):
    arguments = [*SMALL, "module=student", "storage=int4", "hydra.run.dir=run"]
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0
    fields = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert fields["storage"] == "int4"
    assert fields["file_bytes"] == (tmp_path / "run" / "model.rank").stat().st_size


def test_the_hyper_parameters_are_in_tensorboard_with_the_values_reached(
    tmp_path, monkeypatch, capsys
):
    arguments = [*SMALL, "module=student", "hydra.run.dir=run"]
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    fields = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert "hp_metric" not in events.Tags()["scalars"]
    (point,) = events.Scalars("test/map@5")
    assert point.value == pytest.approx(fields["metrics"]["test/map@5"])
    assert events.PluginTagToContent("hparams")


@pytest.mark.slow
def test_the_second_run_in_one_folder_leaves_only_its_own_curves_and_result(
    tmp_path, monkeypatch, capsys
):
    arguments = [*SMALL, "module=student", "hydra.run.dir=run"]
    for epochs in (3, 1):
        assert run_here(
            monkeypatch, tmp_path, "train", *arguments, f"trainer.max_epochs={epochs}"
        ) in {0}
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    assert len(events.Scalars("train/loss")) == 1


@pytest.mark.slow
def test_a_setting_that_nothing_reads_is_warned_of(tmp_path, monkeypatch, capsys):
    arguments = [*SMALL_DISTILLED, "weighting=position", "sharpness.mu=0.5"]
    with pytest.warns(UserWarning, match=r"sharpness.mu=0.5 has no effect: PositionWeighting"):
        assert run_here(monkeypatch, tmp_path, "train", *arguments) == 0


@pytest.mark.slow
def test_ddp_in_a_sweep_is_refused_with_the_reason(tmp_path, monkeypatch, capsys):
    arguments = ["-m", *SMALL, "module=student", "trainer=ddp", "size=d2,d4"]
    assert run_here(monkeypatch, tmp_path, "train", *arguments) == 1
    errors = capsys.readouterr().err
    assert "trainer=ddp cannot run inside --multirun: every process would start" in errors
    assert "Traceback" not in errors
    assert not list(tmp_path.rglob("metrics.json"))


@pytest.mark.slow
@pytest.mark.parametrize("command", ["train", "compare"])
def test_a_method_that_does_not_fit_the_data_is_refused_before_a_teacher_is_trained(
    command, tmp_path, monkeypatch, capsys
):
    share = "distillation.methods.collaborative.sampled_share=0.0001"
    arguments = [command, *SMALL_DISTILLED, "distillation=[collaborative]", share]
    assert run_here(monkeypatch, tmp_path, *arguments) == 1
    assert "sampled_share" in capsys.readouterr().err
    assert not (tmp_path / "outputs" / "teachers").exists()


def test_a_comparison_of_a_student_alone_is_refused(tmp_path, monkeypatch, capsys):
    assert run_here(monkeypatch, tmp_path, "compare", *SMALL, "module=student") == 1
    assert "compare trains all three models" in capsys.readouterr().err


@pytest.mark.slow
def test_a_refit_is_recommended_from_exported_and_said_never_to_be_tested(
    monkeypatch, tmp_path, capsys
):
    small = (*SMALL_DISTILLED, "hydra.run.dir=run", "refit=true")
    assert run_here(monkeypatch, tmp_path, "train", *small) == 0
    told = capsys.readouterr().out
    assert re.search(r"To ship: .*run/refit/model\.rank, fitted on all data and never tested", told)
    path = "checkpoint=run/refit/model.ckpt"
    assert (
        run_here(monkeypatch, tmp_path, "recommend", *SMALL_DATA, path, "user=u3", "limit=2") == 0
    )
    assert "(by a model that was never tested)" in capsys.readouterr().out
    assert run_here(monkeypatch, tmp_path, "export", path, "output=small.rank") == 0
    assert "of a model that was never tested" in capsys.readouterr().out
    assert run_here(monkeypatch, tmp_path, "train", *small[:-1]) == 0  # an earlier refit goes
    assert not (tmp_path / "run" / "refit" / "model.ckpt").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("-m", "size=d2,d4", "refit=true"), "leave it out of a sweep"),
        (("trainer=ddp", "refit=true"), "leave out trainer=ddp"),
        (("teacher.checkpoint=some.ckpt", "refit=true"), "leave out teacher.checkpoint"),
        (("refit=maybe",), "refit must be true or false"),
    ],
)
def test_a_refit_that_cannot_be_is_refused_in_one_line(
    more, message, monkeypatch, tmp_path, capsys
):
    kept = [text for text in SMALL_DISTILLED if text != "size=d2"]
    (tmp_path / "some.ckpt").touch()
    assert run_here(monkeypatch, tmp_path, "train", *kept, *more) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if "rankdistill: " in line]
    assert len(lines) == 1
    assert message in lines[0]
    assert not list(tmp_path.rglob("model.ckpt"))
