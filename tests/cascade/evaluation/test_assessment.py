import math

import pytest
import torch
from tests.cascade.made_ratings import cascade_data

from rankdistill.cascade.data.tasks import TASKS
from rankdistill.cascade.evaluation.assessment import (
    Cuts,
    Shown,
    assess_alignment,
    assess_alone,
    assess_cascade,
    assess_cut,
    assess_labels,
    request_losses,
    user_means,
)


def test_a_users_mean_is_over_the_requests_that_have_a_value():
    nan = math.nan
    values = {"a": torch.tensor([1.0, 2.0, nan, 6.0]), "b": torch.tensor([nan, 3.0, nan, nan])}
    users, means = user_means(values, torch.tensor([7, 7, 3, 7]))
    assert users.tolist() == [3, 7]
    torch.testing.assert_close(means["a"], torch.tensor([nan, 3.0]).double(), equal_nan=True)
    torch.testing.assert_close(means["b"], torch.tensor([nan, 3.0]).double(), equal_nan=True)


def test_a_requests_loss_is_the_mean_over_its_impressions_and_tasks():
    probabilities = torch.tensor([[0.5, 0.25], [0.5, 0.5], [0.75, 0.5]])
    labels = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    found = request_losses(probabilities, labels, torch.tensor([4, 4, 9]))
    ln2 = math.log(2)
    expected = [(ln2 + math.log(4 / 3) + 2 * ln2) / 4, (math.log(4 / 3) + ln2) / 2]
    assert found.tolist() == pytest.approx(expected)
    certain = request_losses(torch.tensor([[1.0]]), torch.tensor([[0.0]]), torch.tensor([0]))
    assert certain.isfinite().all()


def random_shown(seed=0, requests=7, items=12):
    generator = torch.Generator().manual_seed(seed)
    candidates = torch.rand(requests, items, generator=generator) < 0.8
    relevant = (torch.rand(requests, items, generator=generator) < 0.3) & candidates
    final, early = (torch.rand(requests, items, generator=generator) for _ in range(2))
    return Shown(candidates, relevant, request_block=3), final, early


def test_names_stand_for_the_cuts_that_they_say():
    shown, final, early = random_shown()
    cuts = Cuts(top_k=[2, 3], kept=[3, 5], agreement=4)
    cut = assess_cut(final, early, shown, cuts)
    for k in cuts.top_k:
        for m in cuts.kept:
            found = cut[f"recall_of_final@{k}_in_{m}"]
            for row in range(len(final)):
                there = shown.candidates[row].nonzero().squeeze(1).tolist()
                best = sorted(there, key=lambda i, row=row: -float(final[row, i]))[:k]
                kept = sorted(there, key=lambda i, row=row: -float(early[row, i]))[:m]
                expected = len(set(best) & set(kept)) / min(k, len(there))
                assert float(found[row]) == pytest.approx(expected)
    whole = assess_cascade(final, early, shown, cuts)
    assert set(whole) == {
        *(f"joint_recall@{k}_after_{m}" for k in cuts.top_k for m in cuts.kept),
        *(f"ndcg@{k}_after_{m}" for k in cuts.top_k for m in cuts.kept),
        "kendall_tau_in_4",
        "pair_accuracy_in_4",
    }
    assert set(assess_alone(final, shown, cuts)) == {"ndcg@2", "ndcg@3", "recall@2", "recall@3"}


@pytest.mark.parametrize("request_block", [1, 100])
def test_the_block_of_requests_changes_nothing(request_block):
    shown, final, early = random_shown()
    other = Shown(shown.candidates, shown.relevant, request_block)
    cuts = Cuts(top_k=[2], kept=[3], agreement=4)
    for assess in (assess_cut, assess_cascade):
        for name, values in assess(final, early, shown, cuts).items():
            again = assess(final, early, other, cuts)[name]
            torch.testing.assert_close(again, values, equal_nan=True)


def test_a_cut_that_keeps_everything_has_the_final_rankers_own_ndcg():
    shown, final, early = random_shown()
    cuts = Cuts(top_k=[3], kept=[12], agreement=4)
    after = assess_cascade(final, early, shown, cuts)["ndcg@3_after_12"]
    alone = assess_alone(final, shown, cuts)["ndcg@3"]
    torch.testing.assert_close(after, alone, equal_nan=True)


def test_losses_are_named_by_task_and_their_mean_is_over_the_tasks():
    labels = cascade_data().examples["train"].labels
    probabilities = torch.full(labels.shape, 0.5)
    found = assess_labels(probabilities, labels)
    assert found["ce"] == pytest.approx(math.log(2))
    for task in TASKS:
        assert found[f"ce_{task}"] == pytest.approx(math.log(2))
    alignment = assess_alignment(probabilities, probabilities, labels)
    assert alignment["teacher_ce"] == pytest.approx(math.log(2))
