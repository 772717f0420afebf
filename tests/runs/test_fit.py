import json
import warnings

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.from_conf import settings_in
from tests.running import SMALL, composed, small_datamodule

from rankdistill.data.batches import EvaluationBlocks
from rankdistill.data.datamodule import DelimitedDataModule
from rankdistill.data.evaluation_protocol import EvaluationProtocol
from rankdistill.data.splits import RandomSplit
from rankdistill.files import replacing
from rankdistill.metrics.functional import per_user_metrics
from rankdistill.metrics.hits import rank_hits
from rankdistill.rank_files.rank_file import read_rank_file
from rankdistill.runs import fit
from rankdistill.runs.checkpoints import AtomicCheckpointIO, load_backbone, read_checkpoint
from rankdistill.runs.models import make_student
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.shipping import restored_weights

CONTRACT = {
    "status",
    "module",
    "backbone",
    "embedding_dim",
    "parameters",
    "checkpoint_bytes",
    "storage",
    "weights_bytes",
    "file_bytes",
    "best_epoch",
    "epochs",
    "fit_seconds",
    "seed",
    "metrics",
    "data",
    "versions",
}
FILES = {"metrics.json", "model.ckpt", "model.rank", "per_user.npz"}


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def run(folder, datamodule, *overrides):
    cfg = composed("train", *SMALL, "module=student", *overrides)
    return fit.fit_and_test(
        make_student(cfg, datamodule),
        datamodule,
        cfg.trainer,
        cfg.evaluation.monitor,
        cfg.seed,
        folder,
        "student",
        cfg.storage.bits,
    )


def test_metrics_json_has_the_fields_of_the_contract_and_the_values_returned(tmp_path, datamodule):
    result = run(tmp_path, datamodule)
    fields = json.loads((tmp_path / "metrics.json").read_text())
    assert fields == result.fields
    assert set(fields) == CONTRACT
    assert fields["status"] == "ok"
    assert fields["module"] == "student"
    assert fields["backbone"] == "MatrixFactorization"
    assert fields["parameters"] == (80 + 60) * (fields["embedding_dim"] + 1)
    assert fields["checkpoint_bytes"] == (tmp_path / "model.ckpt").stat().st_size
    assert fields["storage"] == "fp32"
    model = read_rank_file(tmp_path / "model.rank")
    assert fields["weights_bytes"] == model.weights_bytes == 4 * fields["parameters"]
    assert fields["file_bytes"] == (tmp_path / "model.rank").stat().st_size
    assert fields["seed"] == {"split": 0, "initialization": 1, "sampling": 1}
    wanted = {
        f"{stage}/{name}@{k}"
        for stage in ("val", "test")
        for name in ("map", "ndcg", "recall", "precision", "hit_rate", "mrr")
        for k in (5, 10, 20)
    }
    assert set(fields["metrics"]) == wanted
    assert all(0 <= value <= 1 for value in fields["metrics"].values())
    assert {"rankdistill", "python", "torch", "pytorch_lightning"} == set(fields["versions"])


def test_the_data_that_a_result_was_measured_on_is_described_in_numbers(tmp_path, datamodule):
    data = run(tmp_path, datamodule).fields["data"]
    split = datamodule.split
    assert data["name"] == "synthetic"
    assert (data["num_users"], data["num_items"], data["num_interactions"]) == (80, 60, 1600)
    assert data["num_train"] + data["num_validation"] + data["num_test"] == 1600
    assert data["num_test_users"] == len(set(split.test.user_ids.tolist()))
    assert data["fingerprint"] == datamodule.source.load().fingerprint


def test_the_means_of_the_values_per_user_are_the_metrics(tmp_path, datamodule):
    fields = run(tmp_path, datamodule).fields
    with np.load(tmp_path / "per_user.npz", allow_pickle=False) as per_user:
        users = per_user["user_ids"]
        assert users.tolist() == sorted(set(datamodule.split.test.user_ids.tolist()))
        names = {name for name in per_user if name != "user_ids"}
        assert names == {key[5:] for key in fields["metrics"] if key.startswith("test/")}
        for name in names:
            assert len(per_user[name]) == len(users)
            mean = per_user[name].astype(np.float64).mean()
            assert mean == pytest.approx(fields["metrics"][f"test/{name}"], abs=1e-6)


def test_the_file_that_ships_holds_the_model_and_what_is_known_of_the_data(tmp_path, datamodule):
    fields = run(tmp_path, datamodule).fields
    model = read_rank_file(tmp_path / "model.rank")
    assert (model.kind, model.storage, model.seen) == ("factors", "fp32", None)
    assert set(model.tables) == {"users", "items", "user_bias", "item_bias"}
    assert (len(model.user_ids), len(model.item_ids)) == (80, 60)
    data = {"name": "synthetic", "fingerprint": datamodule.fingerprint}
    assert model.about["data"] == data
    assert model.about["metrics"] == fields["metrics"]
    assert model.about["versions"] == fields["versions"]


def test_what_users_have_is_in_the_file_where_that_is_asked_for(tmp_path, datamodule):
    cfg = composed("train", *SMALL, "module=student")
    monitor, student = cfg.evaluation.monitor, make_student(cfg, datamodule)
    arguments = (student, datamodule, cfg.trainer, monitor, cfg.seed, tmp_path, "student")
    fit.fit_and_test(*arguments, seen=True)
    assert len(read_rank_file(tmp_path / "model.rank").seen.items) == 1600


@pytest.fixture(scope="module")
def coarse(tmp_path_factory, datamodule):
    """The folder of a run whose model.rank holds so few bits that its metrics must tell."""
    with warnings.catch_warnings():
        quiet_lightning()
        folder = tmp_path_factory.mktemp("coarse")
        run(folder, datamodule, "storage.bits=2", "training.learning_rate=0.1")
    return folder


def test_what_is_measured_is_what_the_file_that_ships_holds(coarse, datamodule):
    fields = json.loads((coarse / "metrics.json").read_text())
    assert fields["storage"] == "int2"
    model = read_rank_file(coarse / "model.rank")
    assert fields["weights_bytes"] == model.weights_bytes
    checkpoint = read_checkpoint(coarse / "model.ckpt")
    backbone = load_backbone(checkpoint, coarse / "model.ckpt")
    exact = map_at_5(backbone, datamodule)
    weights = restored_weights(model.tables, backbone.state_dict(), backbone.served())
    backbone.load_state_dict(weights)
    stored = map_at_5(backbone, datamodule)
    assert fields["metrics"]["test/map@5"] == pytest.approx(stored, abs=1e-6)
    assert abs(stored - exact) > 1e-3, "two bits cost something, so that the two differ"


def test_the_checkpoint_of_a_run_keeps_every_bit_whatever_the_file_that_ships_holds(
    coarse, tmp_path, datamodule
):
    run(tmp_path, datamodule, "training.learning_rate=0.1")
    states = [read_checkpoint(path / "model.ckpt")["state_dict"] for path in (tmp_path, coarse)]
    torch.testing.assert_close(states[0], states[1], atol=0, rtol=0)


@torch.no_grad()
def map_at_5(backbone, datamodule):
    seen = datamodule.seen_at_test(torch.device("cpu"))
    (block,) = EvaluationBlocks(seen, datamodule.split.test, 80)
    scores = backbone.score_rows(block.contexts)
    scores[block.seen_rows, block.seen_items] = -torch.inf
    hits = rank_hits(scores, block.held_out_rows, block.held_out_items, 5)
    return float(per_user_metrics(hits, block.num_held_out, ["map"], [5])["map@5"].mean())


@pytest.mark.slow
def test_the_checkpoint_is_of_the_best_epoch_and_the_tested_model_is_that_one(tmp_path, datamodule):
    quick = ["training.learning_rate=0.3", "trainer.max_epochs=12", "trainer.patience=12"]
    fields = run(tmp_path / "long", datamodule, *quick).fields
    assert fields["epochs"] == 12
    best = fields["best_epoch"]
    assert best < 12, "it overfits, so that best and last differ"
    shorter = run(tmp_path / "short", datamodule, *quick, f"trainer.max_epochs={best}").fields
    assert shorter["metrics"] == fields["metrics"]


def test_patience_ends_training_after_that_many_epochs_without_improvement(tmp_path, datamodule):
    settings = ["training.learning_rate=0.3", "trainer.max_epochs=50", "trainer.patience=2"]
    fields = run(tmp_path / "soon", datamodule, *settings, "trainer.least_steps=0").fields
    assert fields["epochs"] == fields["best_epoch"] + 2 < 20
    late = run(tmp_path / "late", datamodule, *settings, "trainer.least_steps=20").fields
    assert (late["epochs"], late["best_epoch"]) == (20, fields["best_epoch"])  # of one step each


def test_metrics_json_is_the_last_file_to_be_written(tmp_path, datamodule, monkeypatch):
    def fails(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(fit, "versions", fails)
    with pytest.raises(OSError, match="no space left"):
        run(tmp_path, datamodule)
    assert {path.name for path in tmp_path.iterdir()} & FILES == FILES - {"metrics.json"}


@pytest.mark.slow
def test_a_run_that_fails_does_not_leave_the_result_of_an_earlier_one(
    tmp_path, datamodule, monkeypatch
):
    run(tmp_path, datamodule)
    assert {path.name for path in tmp_path.iterdir()} >= FILES
    curves = {path.name for path in tmp_path.glob("events.*")}

    def fails(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(AtomicCheckpointIO, "save_checkpoint", fails)
    with pytest.raises(OSError, match="no space left"):
        run(tmp_path, datamodule)
    left = {path.name for path in tmp_path.iterdir()}
    assert not left & FILES
    assert not left & curves


def test_what_a_killed_run_left_half_written_is_cleared_away(tmp_path, datamodule):
    with replacing(tmp_path / "model.ckpt") as temporary:
        name = temporary.name
        temporary.touch()
    (tmp_path / name).write_text("half")
    run(tmp_path, datamodule)
    assert not (tmp_path / name).exists()


@pytest.mark.slow
def test_curves_are_complete_when_the_run_returns_so_that_its_folder_may_move(tmp_path, datamodule):
    fields = run(tmp_path / "here", datamodule).fields
    (tmp_path / "here").rename(tmp_path / "there")
    events = EventAccumulator(str(tmp_path / "there"))
    events.Reload()
    curve = [point.value for point in events.Scalars("val/map@5")]
    assert len(curve) == fields["epochs"]
    assert max(curve) == pytest.approx(fields["metrics"]["val/map@5"])
    assert not (tmp_path / "here").exists()


def test_ctrl_c_during_training_reaches_the_caller(tmp_path, datamodule, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("rankdistill.modules.student.Student.training_step", interrupted)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, datamodule)
    assert not (tmp_path / "metrics.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("storage", "bits"), [("fp32", 32), ("int4", 4)])
def test_a_checkpoint_from_elsewhere_is_measured_as_in_its_own_run(
    storage, bits, tmp_path, datamodule
):
    cfg = composed("train", *SMALL, "module=student")
    own = run(tmp_path / "own", datamodule, f"storage={storage}")
    again = fit.test_checkpoint(
        tmp_path / "own" / "model.ckpt",
        datamodule,
        cfg.trainer,
        cfg.evaluation,
        tmp_path / "again",
        bits,
    )
    assert again.fields["weights_bytes"] == own.fields["weights_bytes"]
    assert again.fields["metrics"] == own.fields["metrics"]
    assert again.fields["fit_seconds"] is None
    assert again.fields["epochs"] is None


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["bf16-true", "64-true"])
@pytest.mark.parametrize("ranking_loss", ["bpr", "softmax"])
def test_a_model_that_trains_in_other_than_single_precision_is_measured_and_written(
    ranking_loss, precision, tmp_path
):
    overrides = (f"trainer.precision={precision}", f"ranking_loss={ranking_loss}")
    result = run(tmp_path, small_datamodule(), *overrides)
    assert result.per_user["map@5"].dtype == np.float32
    mean = float(result.per_user["map@5"].mean())
    assert result.fields["metrics"]["test/map@5"] == pytest.approx(mean, rel=1e-6)
    shipped = read_rank_file(tmp_path / "model.rank").tables.values()
    assert {table.dtype for table in shipped} == {np.dtype(np.float32)}


@pytest.mark.slow
def test_where_all_users_are_measured_the_metrics_of_those_that_training_knows_stand_beside(
    tmp_path,
):
    pairs = {
        "train": "ann,pen ann,ink bob,pen bob,cup",
        "validation": "bob,ink",
        "test": "ann,cup eve,pen",
    }
    for part, rows in pairs.items():
        (tmp_path / f"{part}.csv").write_text("\n".join(["user,item", *rows.split()]) + "\n")
    paths = {part: str(tmp_path / f"{part}.csv") for part in pairs}
    for users, num_users in (("known", 1), ("all", 2)):
        datamodule = DelimitedDataModule(
            splitter=RandomSplit(0.1, 0.1, per_user=False),
            split_seed=0,
            user_block=4,
            protocol=EvaluationProtocol(users=users, masked_at_test="all", sampled_negatives=None),
            **settings_in("data/delimited", **paths),
        )
        datamodule.setup()
        result = run(tmp_path / users, datamodule)
        assert len(result.per_user["user_ids"]) == num_users
        data = result.fields["data"]
        assert (data["num_test_users"], data["num_unknown_test_users"]) == (2, 1)
        assert data["evaluated_users"] == users
        known = result.fields.get("metrics_of_known_users")
        if users == "known":
            assert known is None
        else:
            assert known["test/map@5"] == result.per_user["map@5"][0]
