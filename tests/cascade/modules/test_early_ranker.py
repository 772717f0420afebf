import pytest
import torch
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.cascade.modules.made_rankers import (
    FORMS,
    early_ranker,
    fit,
    inference,
    inference_logits,
    with_log,
)

from rankdistill.cascade.data.examples import ExampleBatches
from rankdistill.cascade.networks.teacher_labels import soft_label_loss


@pytest.fixture(scope="module")
def data():
    return cascade_data(random_rows(num_users=12, num_ratings=300, seed=1))


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


def test_the_cut_is_one_more_part_of_the_loss(data):
    (batch,) = ExampleBatches(with_log(data.examples["train"]), 10_000)
    losses = inference(early_ranker(data, "cut"), batch)
    expected = losses["user_loss"] + 5 * losses["teacher_loss"] + 0.3 * losses["cut_loss"]
    torch.testing.assert_close(losses["loss"], expected)
    assert losses["cut_loss"] > 0


@pytest.mark.parametrize("form", ["auxiliary", "shared", "cut"])
def test_a_form_that_reads_a_log_says_so_when_there_is_none(data, form):
    (batch,) = ExampleBatches(data.examples["train"], 10_000)
    with pytest.raises(ValueError, match="learns from the final ranker's log, and has none"):
        early_ranker(data, form).losses(batch)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_reads_a_log_is_chosen_by_all_that_it_learns(data, form, tmp_path):
    module = early_ranker(data, form, batch_size=10_000)
    measured = fit(module, data, 1, tmp_path).callback_metrics
    (batch,) = ExampleBatches(with_log(data.examples["validation"], share=0.5), 10_000)
    assert module.monitor in measured
    expected = inference(module, batch)["loss"]
    torch.testing.assert_close(measured[module.monitor], expected)
    assert (module.monitor == "val/loss") == module.form.reads_log
