import itertools

import pytest
import torch
from tests.device_reads import DeviceReads, pretend_gpu
from tests.draws.made_draws import seeded_draws
from tests.modules.recorded_calls import CallRecorder, use
from tests.running import SMALL, composed, small_datamodule
from tests.stacks.made_stacks import configurations, fitted_alone, modules_of, plain_data

from rankdistill.data.batches import EvaluationBlocks
from rankdistill.metrics.means import RankingMetrics
from rankdistill.metrics.measuring import measure_users
from rankdistill.modules.recommender import Recommender
from rankdistill.runs.checkpoints import read_checkpoint
from rankdistill.runs.fit import fit_and_test
from rankdistill.runs.models import make_student


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["matrix_factorization", "lightgcn", "fism"])
@pytest.mark.parametrize("ranking_loss", ["pointwise", "bpr", "softmax"])
def test_training_lowers_every_ranking_loss(ranking_loss, backbone, datamodule):
    groups = (f"ranking_loss={ranking_loss}", f"backbone={backbone}")
    cfg = composed("train", *SMALL, "module=student", *groups)
    cfg.training.learning_rate, cfg.training.batch_size = 0.02, 64
    module = make_student(cfg, datamodule)
    train = datamodule.split.train
    module.prepare(train, seeded_draws())
    batches = module.batches(train, 64, seeded_draws())
    optimizer = module.configure_optimizers()
    means = []
    for _ in range(4):
        losses = []
        completed = module.objective.completed(list(batches))
        for scores, batch in zip(module.views(completed), completed, strict=True):
            optimizer.zero_grad()
            loss = module.losses(scores, batch)["loss"]
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        means.append(sum(losses) / len(losses))
    assert all(later < earlier for earlier, later in itertools.pairwise(means)), means


def popularity_map(datamodule):
    """Test MAP@5 of ranking everybody's unseen items by the number of training interactions."""
    split = datamodule.split
    scores = torch.bincount(split.train.item_ids, minlength=split.train.num_items).float()
    noise = 1e-3 * torch.rand(len(scores), generator=torch.Generator().manual_seed(0))
    metrics = RankingMetrics(["map"], [5])
    for block in EvaluationBlocks(datamodule.seen_at_test(torch.device("cpu")), split.test, 32):
        rows = (scores + noise).repeat(len(block.contexts), 1)
        rows[block.seen_rows, block.seen_items] = -torch.inf
        held_out = block.held_out_rows, block.held_out_items, block.num_held_out
        metrics.update(measure_users(rows, *held_out, ["map"], [5]))
    return float(metrics.compute()["map@5"])


@pytest.mark.slow
def test_a_trained_student_ranks_made_up_tastes_better_than_popularity_does(tmp_path):
    datamodule = small_datamodule(
        num_users=300, num_items=150, num_interactions=9000, popularity_exponent=0
    )
    cfg = composed("train", *SMALL, "module=student", "trainer.max_epochs=25")
    result = fit(cfg, datamodule, tmp_path)
    assert result["test/map@5"] > 1.3 * popularity_map(datamodule)


def fit(cfg, datamodule, folder):
    module = make_student(cfg, datamodule)
    monitor = cfg.evaluation.monitor
    result = fit_and_test(module, datamodule, cfg.trainer, monitor, cfg.seed, folder, "student")
    return result.fields["metrics"]


@pytest.mark.slow
@pytest.mark.parametrize("ranking_loss", ["pointwise", "softmax"])
def test_the_same_seeds_give_identical_metrics_and_others_do_not(ranking_loss, tmp_path):
    def run(name, *overrides):
        cfg = composed(
            "train", *SMALL, f"ranking_loss={ranking_loss}", "module=student", *overrides
        )
        cfg.training.batch_size = 16
        return fit(cfg, small_datamodule(), tmp_path / name)

    first = run("first")
    assert run("second") == first
    assert run("other-start", "seed.initialization=7", "seed.sampling=1") != first
    assert run("other-draws", "seed.sampling=7") != first


@pytest.mark.slow
@pytest.mark.parametrize("ranking_loss", ["bpr", "softmax"])
def test_strides_of_any_length_learn_the_same(ranking_loss, tmp_path, monkeypatch):
    def run(pairs_and_users):
        for name in ("_PAIRS_IN_STRIDE", "_USERS_IN_STRIDE"):
            monkeypatch.setattr(f"rankdistill.modules.recommender.{name}", pairs_and_users)
        cfg = composed("train", *SMALL, f"ranking_loss={ranking_loss}", "module=student")
        cfg.training.learning_rate, cfg.training.batch_size = 0.02, 8
        folder = tmp_path / str(pairs_and_users)
        metrics = fit(cfg, small_datamodule(), folder)
        return metrics, read_checkpoint(folder / "model.ckpt")

    (one_at_a_time, slow), (many, fast) = run(1), run(48)
    assert one_at_a_time == many
    assert slow["global_step"] == fast["global_step"] > 1
    torch.testing.assert_close(slow["state_dict"], fast["state_dict"], rtol=0, atol=0)


def test_training_that_diverges_stops_with_advice_and_leaves_no_result(tmp_path, datamodule):
    cfg = composed("train", *SMALL, "module=student", "training.learning_rate=1e30")
    with pytest.raises(FloatingPointError, match=r"lower the learning rate \(now 1e\+30\)"):
        fit(cfg, datamodule, tmp_path)
    assert not (tmp_path / "metrics.json").exists()


def test_a_batch_size_below_one_is_refused(datamodule):
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        composed("train", *SMALL, "module=student", "training.batch_size=0")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shared", "of_an_epoch"),
    [
        (["ranking_loss=softmax"], ["tolist", "cpu", "cpu"]),
        (["ranking_loss=bpr", "training.batch_size=256"], ["cpu", "cpu"]),
    ],
    ids=["whole users", "pairs"],
)
def test_an_epoch_alone_reads_its_batches_its_metrics_and_its_losses(
    shared, of_an_epoch, tmp_path, monkeypatch
):
    pretend_gpu(monkeypatch)
    use(CallRecorder(), monkeypatch)
    reads, begun = DeviceReads(), []
    begin = Recommender.on_train_epoch_start

    def noted(self):
        begun.append(len(reads.found))
        begin(self)

    monkeypatch.setattr(Recommender, "on_train_epoch_start", noted)
    (cfg,) = configurations(["trainer.max_epochs=5", *shared], ["weighting=hybrid"])
    datamodule = plain_data()
    (module,) = modules_of([cfg], datamodule)
    with reads:
        fitted_alone(module, cfg, datamodule, tmp_path)
    of_epochs = [reads.found[first:last] for first, last in itertools.pairwise(begun)]
    assert of_epochs[-2:] == [of_an_epoch] * 2
