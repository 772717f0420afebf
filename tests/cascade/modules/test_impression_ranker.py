import pytest
import pytorch_lightning as pl
import torch

from rankdistill.cascade.data.examples import ExampleBatches
from rankdistill.cascade.data.examples_datamodule import ExamplesDataModule
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.cascade.modules.impression_ranker import ImpressionRanker
from rankdistill.cascade.networks.teacher_labels import soft_label_loss
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.cascade.networks.made_networks import DEEP_CROSS, MULTI_INTEREST

LABELS = "rankdistill.cascade.networks.teacher_labels"
FORMS = {
    "none": {"_target_": f"{LABELS}.NoTeacher"},
    "auxiliary": {"_target_": f"{LABELS}.AuxiliaryHeads", "weight": 5.0},
    "shared": {"_target_": f"{LABELS}.SharedEstimate", "weight": 5.0},
}
NETWORKS = "rankdistill.cascade.networks"


@pytest.fixture(scope="module")
def data():
    return cascade_data(random_rows(num_users=12, num_ratings=300, seed=1))


def settings(data, network, **changed):
    return {
        "network": network,
        "vocabulary": data.vocabulary._asdict(),
        "learning_rate": 0.02,
        "weight_decay": 0.001,
        "batch_size": 8,
        "seed": 0,
        "data": {"fingerprint": data.fingerprint},
        **changed,
    }


def final_ranker(data, **changed):
    torch.manual_seed(0)
    network = {"_target_": f"{NETWORKS}.deep_cross.DeepCross", **DEEP_CROSS}
    return FinalRanker(**settings(data, network, **changed), further={"items": data.items})


def early_ranker(data, form, **changed):
    torch.manual_seed(0)
    network = {"_target_": f"{NETWORKS}.multi_interest.MultiInterest", **MULTI_INTEREST}
    return EarlyRanker(FORMS[form], **settings(data, network, **changed))


def rankers(data):
    return {"final": final_ranker(data), **{form: early_ranker(data, form) for form in FORMS}}


def with_log(examples, share=1.0):
    generator = torch.Generator().manual_seed(0)
    teacher = torch.rand(examples.labels.shape, generator=generator)
    weights = (torch.rand(len(examples), generator=generator) <= share).float()
    return examples.with_teacher(torch.where(weights[:, None] > 0, teacher, torch.nan), weights)


def fit(module, data, epochs, folder, **more):
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=1000,
        default_root_dir=folder,
        **more,
    )
    examples = with_log(data.examples["train"], share=0.5)
    trainer.fit(module, datamodule=ExamplesDataModule(examples, data.examples["validation"]))
    return trainer


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


@torch.no_grad()
def inference(module, batch):
    return module.losses(batch)


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


@torch.no_grad()
def inference_logits(module, batch):
    return module.logits(batch)


@pytest.mark.parametrize("name", ["final", "none"])
def test_requests_of_unequal_length_are_scored_as_each_alone(data, name):
    module = rankers(data)[name]
    examples = data.examples["train"]
    counts = torch.bincount(examples.request_ids)
    assert len(counts[counts > 0].unique()) > 1
    (whole,) = ExampleBatches(examples, 10_000)
    alone = torch.cat([inference_logits(module, batch) for batch in ExampleBatches(examples, 1)])
    torch.testing.assert_close(inference_logits(module, whole), alone, atol=1e-5, rtol=1e-5)


def test_the_teachers_part_is_added_with_its_weight(data):
    (batch,) = ExampleBatches(with_log(data.examples["train"]), 10_000)
    for form in ("auxiliary", "shared"):
        losses = inference(early_ranker(data, form), batch)
        torch.testing.assert_close(losses["loss"], losses["user_loss"] + 5 * losses["teacher_loss"])
    module = early_ranker(data, "shared")
    expected = soft_label_loss(inference_logits(module, batch), batch.teacher)
    torch.testing.assert_close(inference(module, batch)["teacher_loss"], expected)


def test_users_alone_never_look_at_a_log(data):
    module = early_ranker(data, "none")
    losses = []
    for examples in (data.examples["train"], with_log(data.examples["train"])):
        (batch,) = ExampleBatches(examples, 10_000)
        losses.append(inference(module, batch))
    assert losses[0] == losses[1]
    assert set(losses[0]) == {"loss"}


def test_all_forms_begin_with_the_same_network(data):
    states = [early_ranker(data, form).network.state_dict() for form in FORMS]
    for state in states[1:]:
        assert all(torch.equal(state[name], weight) for name, weight in states[0].items())


@pytest.mark.parametrize("form", ["auxiliary", "shared"])
def test_a_form_that_reads_a_log_says_so_when_there_is_none(data, form):
    (batch,) = ExampleBatches(data.examples["train"], 10_000)
    with pytest.raises(ValueError, match="learns from the final ranker's log, and has none"):
        early_ranker(data, form).losses(batch)


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
