import pytest
import torch
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.cascade.modules.made_rankers import (
    FORMS,
    early_ranker,
    fit,
    inference,
    inference_logits,
    rankers,
    with_log,
)

from rankdistill.cascade.data.examples import ExampleBatches
from rankdistill.cascade.modules.impression_ranker import ImpressionRanker
from rankdistill.cascade.networks.teacher_labels import soft_label_loss


@pytest.fixture(scope="module")
def data():
    return cascade_data(random_rows(num_users=12, num_ratings=300, seed=1))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["final", *FORMS])
def test_training_lowers_the_loss_and_moves_every_parameter(data, name, tmp_path):
    module = rankers(data)[name]
    (batch,) = ExampleBatches(with_log(data.examples["train"], 0.5), 10_000)
    before = {key: weight.clone() for key, weight in module.state_dict().items()}
    first = {key: float(value) for key, value in inference(module, batch).items()}
    trainer = fit(module, data, 12, tmp_path)
    last = {key: float(value) for key, value in inference(module, batch).items()}
    assert last["loss"] < 0.97 * first["loss"]
    assert all(last[key] < first[key] for key in last), (first, last)
    for key, weight in module.state_dict().items():
        assert not torch.equal(weight, before[key]), key
    losses = {f"val/cross_entropy{end}" for end in ("", "_watch", "_like", "_share")}
    assert losses <= set(trainer.callback_metrics)


def test_validation_reports_the_mean_over_all_examples_whatever_the_batches(data, tmp_path):
    values = []
    for batch_size in (3, 1000):
        module = early_ranker(data, "none", batch_size=batch_size, learning_rate=1e-12)
        values.append(fit(module, data, 1, tmp_path).callback_metrics["val/cross_entropy"])
    examples = data.examples["validation"]
    (batch,) = ExampleBatches(examples, 10_000)
    expected = soft_label_loss(inference_logits(module, batch), batch.labels)
    for value in values:
        torch.testing.assert_close(value, expected, atol=1e-5, rtol=0)


def test_a_loss_that_is_not_finite_stops_in_one_line(data, tmp_path):
    module = early_ranker(data, "none")
    with torch.no_grad():
        module.network.head.bias.fill_(torch.nan)
    with pytest.raises(FloatingPointError, match="loss is nan in epoch 0; lower the learning rate"):
        fit(module, data, 3, tmp_path)


@pytest.mark.parametrize("wrong", [{"learning_rate": 0}, {"weight_decay": -1}, {"batch_size": 0}])
def test_settings_of_training_out_of_range_are_refused(data, wrong):
    with pytest.raises(ValueError, match="must be positive and weight_decay not negative"):
        early_ranker(data, "none", **wrong)


def test_a_ranker_without_logits_is_no_ranker():
    with pytest.raises(TypeError, match="abstract"):
        ImpressionRanker()  # type: ignore[abstract]
