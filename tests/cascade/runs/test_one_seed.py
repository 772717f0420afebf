import json
import re

import polars as pl
import pytest
import torch
from tests.cascade.runs.small_cascade import small_cascade, small_data

from rankdistill.cascade.runs import lessons, one_seed
from rankdistill.cascade.runs.bench import Bench
from rankdistill.cascade.runs.log_variants import log_variants
from rankdistill.cascade.runs.models import make_early_ranker, make_final_ranker, make_logging
from rankdistill.cascade.runs.one_seed import OneSeed, rankers_of_a_seed, walked_logs
from rankdistill.cascade.runs.records import CascadeRuns
from rankdistill.cascade.runs.variant_stacks import variants_side_by_side
from rankdistill.rank_files.rank_file import read_rank_file
from rankdistill.runs.checkpoints import read_checkpoint
from rankdistill.runs.models_to_train import ModelsToTrain

SEED = 3
ROBUST = ("robustness.shares=[0.5]", "robustness.corrupted=0.5", "robustness.corruptions=[marked]")


class Given(dict):
    """What each student was given to learn from, by its title; and the titles of stacks."""

    stacks: tuple[str, ...] = ()


@pytest.fixture
def learned_from(monkeypatch):
    """Notes what students learn from; nothing is trained here."""
    given = Given()

    def obtain(cfg, data, datamodule, title, past=None):
        return make_final_ranker(cfg, data, datamodule).eval(), {"best_epoch": 1}

    def fit_ranker(module, train, validation, trainer, patience, folder, title, bits):
        given[title] = (module, train, validation)
        return module.eval(), {"best_epoch": 2}

    def fit_early_rankers(students, trainer, training, title, bits):
        given.stacks += (title,)
        for student in students:
            given[f"{student.folder.parent.name}, seed {SEED}"] = student[:3]
            student.module.eval()
        return [{"best_epoch": 2} for _ in students]

    monkeypatch.setattr(one_seed, "obtain_final_ranker", obtain)
    monkeypatch.setattr(lessons, "fit_ranker", fit_ranker)
    monkeypatch.setattr(lessons, "fit_early_rankers", fit_early_rankers)
    return given


def run_seed(folder, *overrides):
    cfg = small_cascade(folder, *overrides)
    datamodule, data = small_data()
    bench = Bench(data, cfg.evaluation, cfg.value, torch.device("cpu"))
    students = {name: make_early_ranker(cfg, name, data, datamodule) for name in cfg.students}
    variants = log_variants(cfg.robustness, make_logging(cfg, {}))
    stacks = variants_side_by_side(cfg, variants, students, data)
    rankers = rankers_of_a_seed(SEED, students, stacks, walked_logs(cfg, variants))
    models = ModelsToTrain(rankers, cfg.trainer)
    runs, seed = CascadeRuns(), OneSeed(cfg, SEED, datamodule, data, bench, folder, models)
    seed.run(runs)
    assert models.begun == len(rankers), "each is announced"
    return runs, seed


@pytest.mark.slow
def test_only_students_that_read_the_log_learn_from_smaller_and_faulty_ones(tmp_path, learned_from):
    runs, _ = run_seed(tmp_path, *ROBUST)
    assert list(runs.by_model) == ["final_ranker", "none", "auxiliary", "shared", "cut"]
    assert list(runs.by_variant) == [
        f"{student}-{log}"
        for student in ("auxiliary", "shared", "cut")
        for log in ("share-0.5", "marked-0.5")
    ]
    assert list(learned_from) == [
        f"{place}, seed 3" for place in ("none", "auxiliary", "shared", "cut", *runs.by_variant)
    ]
    for place in (*runs.by_model, *runs.by_variant):
        folder = tmp_path / place / "seed-3"
        assert json.loads((folder / "metrics.json").read_text())["seed"] == SEED
        assert (folder / "score_log.parquet").exists() == (place not in ("final_ranker", "none"))


@pytest.mark.slow
def test_a_student_learns_the_final_rankers_probabilities_of_what_was_shown(tmp_path, learned_from):
    runs, seed = run_seed(tmp_path)
    _, examples, validation = learned_from["auxiliary, seed 3"]
    torch.testing.assert_close(examples.teacher, seed.final_scores.probabilities["train"])
    assert examples.teacher_weights.eq(1).all()
    torch.testing.assert_close(validation.teacher, seed.final_scores.probabilities["validation"])
    assert learned_from["none, seed 3"][1].teacher is None
    (run,) = runs.by_model["none"]
    assert run.log is None


@pytest.mark.slow
def test_a_smaller_log_gives_fewer_rows_a_weight_and_this_is_told(tmp_path, learned_from, capsys):
    runs, _ = run_seed(tmp_path, *ROBUST)
    _, examples, validation = learned_from["shared-share-0.5, seed 3"]
    assert 0.3 < float(validation.teacher_weights.mean()) < 0.7
    _, _, (run,) = runs.by_variant["shared-share-0.5"]
    assert run.log is not None
    assert 0 < run.log.usable == int(examples.teacher_weights.sum()) < run.log.rows == len(examples)
    assert "shared-share-0.5, seed 3: " in capsys.readouterr().out


@pytest.mark.slow
def test_all_students_share_one_log_of_a_seed(tmp_path, learned_from):
    run_seed(tmp_path, "log.share=0.3")
    logs = [
        pl.read_parquet(tmp_path / student / "seed-3" / "score_log.parquet")
        for student in ("auxiliary", "shared")
    ]
    assert logs[0].equals(logs[1])


@pytest.mark.slow
def test_the_seed_replaces_those_of_initialisation_and_sampling_alone(tmp_path, learned_from):
    _, seed = run_seed(tmp_path, "seed.split=8", "seed.initialization=7")
    assert (seed.cfg.seed.initialization, seed.cfg.seed.sampling, seed.cfg.seed.split) == (3, 3, 8)
    module, *_ = learned_from["none, seed 3"]
    assert module.seed == SEED


@pytest.mark.slow
def test_further_candidates_are_learned_beside_whole_and_smaller_logs_and_their_cost_is_counted(
    tmp_path, learned_from
):
    runs, _ = run_seed(tmp_path, *ROBUST, "log.rescore=6")
    shown = len(learned_from["none, seed 3"][1])
    (rescoring,) = runs.rescoring
    with_more = learned_from["cut, seed 3"][1]
    assert len(with_more) == shown + rescoring["candidates"]
    assert with_more.label_weights.sum() == shown
    smaller = learned_from["cut-rescored-share-0.5, seed 3"][1]
    assert len(smaller) == len(with_more)
    unlogged = smaller.teacher_weights == 0
    assert 0 < unlogged.sum() < shown
    assert (smaller.label_weights[unlogged] == 1).all()
    for place in ("cut-share-1", "cut-share-0.5", "cut-marked-0.5"):
        assert len(learned_from[f"{place}, seed 3"][1]) == shown
    assert rescoring["seconds"] > 0
    assert 0 < rescoring["candidates"] <= 6 * rescoring["requests"]


@pytest.mark.slow
def test_a_walk_forward_log_holds_no_score_of_the_first_stretch(tmp_path, learned_from):
    run_seed(tmp_path, "log.stretches=3")
    examples = learned_from["shared, seed 3"][1]
    requests = examples.request_ids.unique()
    logged = examples.request_ids[examples.teacher_weights > 0].unique()
    assert len(logged) / len(requests) == pytest.approx(2 / 3, abs=0.02)


@pytest.mark.slow
def test_logs_of_what_was_shown_are_learned_side_by_side_and_those_with_more_alone(
    tmp_path, learned_from
):
    run_seed(tmp_path, *ROBUST, "log.rescore=6", "cascade/students=[none,shared,cut]")
    assert learned_from.stacks == ("shared on 3 logs, seed 3", "cut on 3 logs, seed 3")
    assert "shared-rescored-share-0.5, seed 3" in learned_from


@pytest.mark.slow
def test_one_after_the_other_can_be_asked_for(tmp_path, learned_from):
    run_seed(tmp_path, *ROBUST, "stack.at_once=1")
    assert learned_from.stacks == ()


@pytest.mark.slow
def test_a_stack_fails_for_the_student_that_diverged_when_the_others_are_measured(
    tmp_path, learned_from, monkeypatch, capsys
):
    fit = lessons.fit_early_rankers
    diverged = FloatingPointError("The training loss is nan in epoch 0.")
    monkeypatch.setattr(lessons, "fit_early_rankers", lambda *given: [diverged, *fit(*given)[1:]])
    with pytest.raises(FloatingPointError, match="is nan in epoch 0"):
        run_seed(tmp_path, *ROBUST, "cascade/students=[none,shared]")
    assert (tmp_path / "shared-marked-0.5" / "seed-3" / "metrics.json").exists()
    assert not (tmp_path / "shared-share-0.5" / "seed-3" / "metrics.json").exists()
    assert "shared-share-0.5, seed 3: The training loss is nan" in capsys.readouterr().out


SHORT = ("trainer=smoke", "cascade/students=[none,shared]", "log.rescore=2", *ROBUST)


@pytest.mark.slow
def test_a_stack_leaves_the_folders_that_students_leave_alone(tmp_path):
    together, _ = run_seed(tmp_path / "together", *SHORT)
    alone, _ = run_seed(tmp_path / "alone", *SHORT, "stack.at_once=1")
    assert list(together.by_variant) == list(alone.by_variant)
    for place, (*_, (run,)) in alone.by_variant.items():
        folders = [tmp_path / name / place / "seed-3" for name in ("together", "alone")]
        names = [sorted(re.sub(r"\.[\d.]+\..*", "", f.name) for f in d.iterdir()) for d in folders]
        assert names[0] == names[1]
        settings = [(folder / "hparams.yaml").read_text() for folder in folders]
        assert settings[0] == settings[1]
        checkpoints = [read_checkpoint(folder / "model.ckpt") for folder in folders]
        assert checkpoints[0]["hyper_parameters"] == checkpoints[1]["hyper_parameters"]
        assert checkpoints[0]["epoch"] == checkpoints[1]["epoch"]
        torch.testing.assert_close(*(each["state_dict"] for each in checkpoints))
        tables = [read_rank_file(folder / "model.rank").tables for folder in folders]
        assert tables[0].keys() == tables[1].keys()
        (same,) = together.by_variant[place][2]
        assert same.log == run.log
        assert same.fields | {"fit_seconds": 0} == run.fields | {"fit_seconds": 0}
        assert same.measured.metrics == pytest.approx(run.measured.metrics, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("left", [["share-0.5"], ["share-0.5", "marked-0.5"]])
def test_a_killed_run_that_goes_on_trains_only_what_had_not_ended(tmp_path, monkeypatch, left):
    first, _ = run_seed(tmp_path, *SHORT)
    for log in left:  # these were being trained
        (tmp_path / f"shared-{log}" / "seed-3" / "metrics.json").unlink()
    trained = []

    def fit_ranker(*arguments):
        trained.append(arguments[-3].parent.name)
        return alone(*arguments)

    def fit_early_rankers(students, *settings):
        trained.extend(student.folder.parent.name for student in students)
        return together(students, *settings)

    alone, together = lessons.fit_ranker, lessons.fit_early_rankers
    monkeypatch.setattr(lessons, "fit_ranker", fit_ranker)
    monkeypatch.setattr(lessons, "fit_early_rankers", fit_early_rankers)
    second, _ = run_seed(tmp_path, *SHORT)
    assert trained == [f"shared-{log}" for log in left]
    assert second.rescoring == first.rescoring
    for name, (run,) in first.by_model.items():
        (again,) = second.by_model[name]
        assert (again.measured.metrics, again.log) == (run.measured.metrics, run.log)
    for place, (_, _, (run,)) in first.by_variant.items():
        (again,) = second.by_variant[place][2]
        assert again.measured.metrics == pytest.approx(run.measured.metrics, abs=1e-4)
