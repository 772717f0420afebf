import math

import numpy as np
import pytest
import torch
from tests.cascade.made_ratings import cascade_data, random_rows
from tests.cascade.modules.made_rankers import early_ranker, final_ranker

from rankdistill.backbones.interface import Served
from rankdistill.cascade.config import CascadeEvaluation
from rankdistill.cascade.data.tasks import TASKS
from rankdistill.cascade.runs.bench import HELD_OUT, Bench
from rankdistill.runs.shipping import restored_weights, stored_tables

EVALUATION = CascadeEvaluation(
    top_k=[3], kept=[4, 8], agreement=5, user_block=4, monitor="", quality_kept=1, choice_kept=1
)
VALUE = {"watch": 1.0, "share": 2.0}


@pytest.fixture(scope="module")
def data():
    return cascade_data(random_rows(num_users=12, num_ratings=300, seed=1))


@pytest.fixture(scope="module")
def bench(data):
    return Bench(data, EVALUATION, VALUE, torch.device("cpu"))


@pytest.fixture(scope="module")
def scores(data, bench):
    return bench.score_final(final_ranker(data)), bench.score_early(early_ranker(data, "none"))


@torch.no_grad()
def slow_value(network, data, request, item):
    """The final ranker's weighted probabilities of one pair."""
    request, item = torch.tensor([request]), torch.tensor([item])
    pairs = data.pairs(request, item)[None]
    logits = network(network.users(data.users.take(request)), item[None], pairs)[0, 0]
    chances = dict(zip(TASKS, logits.sigmoid().tolist(), strict=True))
    return chances["watch"] + 2 * chances["share"]


def test_the_catalogue_is_sorted_by_the_weighted_probabilities(data, bench, scores):
    network = final_ranker(data).network
    values = scores[0].values["test"]
    for row, request in enumerate(bench.requests["test"].tolist()[:4]):
        for item in (0, 7, 21):
            expected = slow_value(network, data, request, item)
            assert float(values[row, item]) == pytest.approx(expected, rel=1e-4)


def slow_recall(data, bench, final, early, k, m):
    """Mean over users of their requests' mean overlap of the best k with the best m."""
    by_user = {}
    for row, request in enumerate(bench.requests["test"].tolist()):
        user, moment = int(data.requests.user_ids[request]), int(data.requests.times[request])
        rows = zip(
            data.requests.item_ids.tolist(), data.requests.rating_times.tolist(), strict=True
        )
        there = {item for item, second in rows if second < moment}
        first, start = data.requests.history_starts[request], data.requests.starts[request]
        there -= set(data.requests.item_ids[first:start].tolist())
        if not there:
            continue
        best = sorted(there, key=lambda i, row=row: -float(final[row, i]))[:k]
        kept = sorted(there, key=lambda i, row=row: -float(early[row, i]))[:m]
        by_user.setdefault(user, []).append(len(set(best) & set(kept)) / min(k, len(there)))
    return {user: sum(each) / len(each) for user, each in by_user.items()}


@pytest.mark.parametrize("kept", [4, 8])
def test_recall_of_the_final_top_is_that_of_sorted_lists_by_user(data, bench, scores, kept):
    measured = bench.measure_early(*scores, whole=True)
    expected = slow_recall(data, bench, *(s.values["test"] for s in scores), 3, kept)
    name = f"recall_of_final@3_in_{kept}"
    found = dict(
        zip(measured.per_user["user_ids"].tolist(), measured.per_user[name].tolist(), strict=True)
    )
    for user, value in expected.items():
        assert found[user] == pytest.approx(value)
    mean = sum(expected.values()) / len(expected)
    assert measured.metrics[f"test/{name}"] == pytest.approx(mean)


def test_losses_of_users_are_means_of_their_requests_and_the_reported_one_of_impressions(
    data, bench, scores
):
    _, early = scores
    examples = data.examples["test"]
    chances, labels = early.probabilities["test"].double(), examples.labels.double()
    each = -(labels * chances.log() + (1 - labels) * (1 - chances).log()).mean(1)
    measured = bench.measure_early(*scores, whole=True)
    assert measured.metrics["test/ce"] == pytest.approx(float(each.mean()), rel=1e-5)
    by_user = {}
    for request in examples.request_ids.unique().tolist():
        user = int(data.requests.user_ids[request])
        loss = float(each[examples.request_ids == request].mean())
        by_user.setdefault(user, []).append(loss)
    users = measured.per_user["user_ids"].tolist()
    for user, loss in zip(users, measured.per_user["ce"].tolist(), strict=True):
        if user in by_user:
            assert loss == pytest.approx(np.mean(by_user[user]), rel=1e-5)
        else:
            assert math.isnan(loss)


def test_a_short_measurement_agrees_with_the_whole_on_what_both_hold(bench, scores):
    whole = bench.measure_early(*scores, whole=True).metrics
    short = bench.measure_early(*scores, whole=False).metrics
    assert short.items() <= whole.items()
    assert "test/recall_of_final@3_in_4" in short
    assert "val/recall_of_final@3_in_4" in short
    assert "test/ndcg@3_after_4" in whole


def test_the_final_ranker_against_itself_keeps_its_own_top(bench, scores):
    final, _ = scores
    metrics = bench.measure_early(final, final, whole=True).metrics
    for name, prefix in HELD_OUT.items():
        assert metrics[f"{prefix}/recall_of_final@3_in_4"] == pytest.approx(1), name
    alone = bench.measure_final(final).metrics
    assert metrics["test/ndcg@3"] == alone["test/ndcg@3"]
    assert metrics["test/kendall_tau_in_5"] == pytest.approx(1)


@pytest.mark.parametrize("form", ["none", "auxiliary", "shared"])
def test_the_stored_network_alone_scores_as_the_trained_student(data, bench, form):
    trained = early_ranker(data, form)
    tables = stored_tables(trained.network.state_dict(), Served(), 32)
    fresh = early_ranker(data, "none", seed=9)
    with torch.no_grad():
        for weight in fresh.parameters():
            weight += 1
    weights = restored_weights(tables, fresh.network.state_dict(), Served())
    fresh.network.load_state_dict(weights)
    ours, theirs = bench.score_early(trained), bench.score_early(fresh)
    for name in HELD_OUT:
        assert torch.equal(ours.values[name], theirs.values[name])
        assert torch.equal(ours.probabilities[name], theirs.probabilities[name])


def test_held_out_parts_in_which_nothing_is_to_be_found_are_refused(data):
    rows = [(0, 0, 3.0, 0), (1, 0, 3.0, 10), (1, 1, 3.0, 20), (2, 0, 3.0, 30), (0, 9, 3.0, 40)]
    with pytest.raises(ValueError, match="nothing to measure; use more data"):
        Bench(cascade_data(rows, passed_by=1), EVALUATION, VALUE, torch.device("cpu"))
