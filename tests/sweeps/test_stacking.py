"""Which jobs of a grid are trained together, and what becomes of the others."""

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from tests.running import SMALL, SMALL_DISTILLED

from rankdistill.conf_path import conf_dir
from rankdistill.runs.stack_trainer import StackBounds
from rankdistill.sweeps import stacking
from rankdistill.sweeps.plan import Job
from rankdistill.sweeps.stacking import Stacking, StackShape, grouped, shape_of

RANKS = "distillation.methods.ranking.weighting.student_rank."
SETTINGS = {
    "seed.split": 0,
    "seed.initialization": 1,
    "training.learning_rate": 0.1,
    "training.batch_size": 64,
    "backbone.embedding_dim": 10,
    "distillation.alpha": 0.3,
    "distillation.user_pairs": 256,
    "distillation.methods.ranking.top_k": 30,
    "distillation.methods.ranking.exclude_seen": True,
}


def shape(**changed):
    return shape_of({**SETTINGS, **{key.replace("__", "."): v for key, v in changed.items()}})


@pytest.mark.parametrize(
    "key",
    [
        "seed.initialization",
        "seed.sampling",
        "training.learning_rate",
        "training.weight_decay",
        "training.decay_epochs",
        "teacher.seed.initialization",
        "teacher.backbone.embedding_dim",
        "student.training.learning_rate",
        "sharpness.mu",
        "storage.bits",
        "distillation.alpha",
        "distillation.loss_balance",
        "distillation.top_k",
        "distillation.weighting._target_",
        "distillation.methods.ranking.top_k",
        "distillation.methods.ranking.weight",
        "distillation.methods.ranking.weighting.mu",
        "distillation.methods.plackett_luce.weight",
    ],
)
def test_jobs_that_differ_in_what_may_differ_have_one_shape(key):
    assert shape_of({**SETTINGS, key: "a"}) == shape_of({**SETTINGS, key: "b"}) == shape()


@pytest.mark.parametrize(
    "key", ["teacher.ranking_loss", "teacher.ranking_loss._target_", "teacher.checkpoint"]
)
def test_jobs_whose_rules_may_choose_other_methods_have_other_shapes(key):
    ruled = {**SETTINGS, "method_rules.small.top_k": 12}
    assert shape_of({**SETTINGS, key: "a"}) == shape_of({**SETTINGS, key: "b"})
    assert shape_of({**ruled, key: "a"}) != shape_of({**ruled, key: "b"})
    seeded = "teacher.seed.initialization"
    assert shape_of({**ruled, seeded: 1}) == shape_of({**ruled, seeded: 2})


@pytest.mark.parametrize(
    "key",
    [
        "seed.split",
        "training.batch_size",
        "backbone.embedding_dim",
        "data.path",
        "evaluation.monitor",
        "trainer.max_epochs",
        "storage.rounded_epochs",
        "distillation.user_pairs",
        "distillation.methods.ranking.exclude_seen",
        "distillation.methods.plackett_luce.top_k",
        "distillation.methods.soft_targets.temperature",
        "ranking_loss.num_negatives",
    ],
)
def test_jobs_that_differ_in_anything_else_have_two(key):
    assert shape_of({**SETTINGS, key: "a"}) != shape_of({**SETTINGS, key: "b"})


def test_jobs_that_ask_for_ranks_say_how_these_are_found():
    assert shape().student_rank is None
    exact, sampled = (shape_of({**SETTINGS, f"{RANKS}_target_": kind}) for kind in ("e", "s"))
    assert exact.settings == sampled.settings == shape().settings
    assert exact.student_rank != sampled.student_rank


def test_jobs_are_grouped_by_shape_in_the_order_of_the_grid():
    one, other = StackShape("a", None), StackShape("b", None)
    assert grouped([one, other, one, other]) == [[0, 2], [1, 3]]


def test_jobs_that_ask_for_no_ranks_join_the_first_that_ask():
    none, exact, sampled = (StackShape("a", rank) for rank in (None, "exact", "sampled"))
    assert grouped([none, sampled, exact, none]) == [[0, 1, 3], [2]]
    assert grouped([none, exact]) == [[0, 1]]
    assert grouped([none, none]) == [[0, 1]]
    assert grouped([]) == []


DISTILLED = tuple(text for text in SMALL_DISTILLED if not text.startswith("size="))


@pytest.fixture
def run(tmp_path, capsys):
    """Run jobs through Stacking: which were measured, what each found, and what was printed."""
    GlobalHydra.instance().clear()

    def stacked(*jobs, shared=DISTILLED, at_once=None):
        place = f"teacher.store={tmp_path / 'teachers'}"
        own = [place] if shared is DISTILLED else []
        names = [Job(f"job-{n}", (*shared, *own, *text.split())) for n, text in enumerate(jobs)]
        found = {}

        def measure(job, config, made):
            found[job.name] = made

        with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
            Stacking(
                lambda overrides: compose(
                    "train", overrides=list(overrides), return_hydra_config=True
                ),
                tmp_path / "sweep",
                StackBounds(1.0, at_once),
            ).run(names, measure)
        return found, capsys.readouterr().out

    return stacked


def trained(found):
    return [found[name] is not None for name in sorted(found)]


@pytest.mark.slow
def test_jobs_of_one_shape_are_trained_together_before_they_are_measured(run):
    found, said = run(
        "size=d2 weighting=uniform",
        "size=d4 weighting=uniform",
        "size=d2 weighting=hybrid",
        "size=d4 weighting=hybrid seed.initialization=4",
    )
    assert list(found) == ["job-0", "job-2", "job-1", "job-3"]
    assert trained(found) == [True] * 4
    assert said == ""


@pytest.mark.slow
def test_a_job_of_a_shape_of_its_own_is_left_to_itself(run):
    student = (*SMALL, "module=student")
    found, _ = run("size=d2", "size=d2 seed.initialization=3", "size=d4", shared=student)
    assert trained(found) == [True, True, False]


@pytest.mark.slow
def test_a_reason_to_train_alone_is_told_once(run):
    lightgcn = "backbone=lightgcn seed.initialization="
    student = (*SMALL, "module=student", "size=d2")
    found, said = run(*(f"{lightgcn}{seed}" for seed in (1, 2, 3)), shared=student)
    assert trained(found) == [False] * 3
    assert said == "job-0 is trained alone: LightGCN is no matrix factorization.\n"


@pytest.mark.slow
def test_a_job_whose_settings_are_wrong_is_measured_and_says_so_itself(run):
    student = (*SMALL, "module=student", "size=d2")
    found, _ = run(
        "seed.initialization=1",
        "weighting=nosuch",
        "seed.initialization=2",
        "storage.rounded_epochs=1",
        shared=student,
    )
    assert len(found) == 4
    assert trained(found) == [True, False, True, False]


@pytest.mark.slow
def test_what_fails_in_a_stack_is_told_and_each_job_is_trained_alone(run, monkeypatch):
    def fails(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(stacking, "fits_as_they_end", fails)
    found, said = run(
        "seed.initialization=1", "seed.initialization=2", shared=(*SMALL, "module=student")
    )
    assert trained(found) == [False, False]
    assert said == "job-0 and the like are trained alone: a bug\n"
