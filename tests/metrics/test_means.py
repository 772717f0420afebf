import multiprocessing

import pytest
import torch
import torch.distributed as dist
from torchmetrics import MetricCollection

from rankdistill.metrics.functional import RANKING_METRICS, per_user_metrics
from rankdistill.metrics.means import RankingMetrics

CUT_OFFS = [1, 5, 10]


def some_users(users=37, seed=0):
    generator = torch.Generator().manual_seed(seed)
    hits = torch.rand(users, 10, generator=generator) < 0.3
    num_held_out = hits.sum(1) + torch.randint(0, 5, (users,), generator=generator)
    hits[::9], num_held_out[::9] = False, 0
    return hits, num_held_out


def values_of(users):
    """The metrics of users that count, as `some_users` makes them."""
    hits, num_held_out = users
    values = per_user_metrics(hits, num_held_out, list(RANKING_METRICS), CUT_OFFS)
    return {key: value[num_held_out > 0] for key, value in values.items()}


def test_means_are_over_all_users_of_the_blocks():
    metric = RankingMetrics(["recall", "hit_rate"], [1, 2])
    for recall, hit_rate in ((0.5, 1.0), (0.0, 0.0)):
        of_recall, of_hits = torch.tensor([recall]), torch.tensor([hit_rate])
        metric.update(
            {
                "recall@1": of_recall,
                "recall@2": of_recall,
                "hit_rate@1": of_hits,
                "hit_rate@2": of_hits,
                "mrr@1": torch.tensor([9.0]),
            }
        )
    assert {key: value.item() for key, value in metric.compute().items()} == {
        "recall@1": 0.25,
        "recall@2": 0.25,
        "hit_rate@1": 0.5,
        "hit_rate@2": 0.5,
    }


def test_the_means_are_those_of_the_per_user_values_however_users_are_cut_into_blocks():
    hits, num_held_out = some_users()
    metric = RankingMetrics(list(RANKING_METRICS), CUT_OFFS)
    for block in (slice(0, 5), slice(5, 6), slice(6, 37)):
        metric.update(values_of((hits[block], num_held_out[block])))
    values = per_user_metrics(hits, num_held_out, list(RANKING_METRICS), CUT_OFFS)
    computed = metric.compute()
    assert list(computed) == list(values)
    for key, value in values.items():
        expected = value[num_held_out > 0].double().mean()
        torch.testing.assert_close(computed[key], expected, rtol=1e-12, atol=0)


def test_metrics_work_in_a_metric_collection_beside_each_other():
    parts = {name: RankingMetrics([name], [5]) for name in ("map", "ndcg")}
    collection = MetricCollection(parts)
    hits, num_held_out = some_users()
    collection.update(values_of((hits[:20], num_held_out[:20])))
    collection.update(values_of((hits[20:], num_held_out[20:])))
    metric = RankingMetrics(["map", "ndcg"], [5])
    metric.update(values_of((hits, num_held_out)))
    assert collection.compute() == metric.compute()


def test_reset_forgets_the_users_of_the_last_epoch():
    metric = RankingMetrics(["hit_rate"], [1])
    metric.update({"hit_rate@1": torch.tensor([1.0])})
    assert metric.compute() == {"hit_rate@1": 1}
    metric.reset()
    metric.update({"hit_rate@1": torch.tensor([0.0])})
    assert metric.compute() == {"hit_rate@1": 0}


def test_no_user_with_held_out_items_is_an_error_and_not_a_zero():
    metric = RankingMetrics(["map"], [1])
    metric.update({"map@1": torch.zeros(0)})
    with pytest.raises(ValueError, match="No user with held-out items"):
        metric.compute()


@pytest.mark.parametrize(
    ("names", "top_k", "message"),
    [
        (["mapp"], [5], "choose from"),
        ([], [5], "empty"),
        (["map"], [], "empty"),
        (["map"], [0], "1"),
    ],
)
def test_settings_that_compute_nothing_are_refused(names, top_k, message):
    with pytest.raises(ValueError, match=message):
        RankingMetrics(names, top_k)


def evaluate_share(rank, share, store, results):
    """What one of two processes does: its own users, then the sum over both."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    hits, num_held_out = some_users()
    metric = RankingMetrics(list(RANKING_METRICS), CUT_OFFS)
    metric.update(values_of((hits[share], num_held_out[share])))
    results.put({key: value.item() for key, value in metric.compute().items()})
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_with_unequal_shares_agree_with_one(tmp_path):
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    shares = (slice(0, 30), slice(30, 37))
    processes = [
        context.Process(target=evaluate_share, args=(rank, share, tmp_path / "store", results))
        for rank, share in enumerate(shares)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]

    metric = RankingMetrics(list(RANKING_METRICS), CUT_OFFS)
    metric.update(values_of(some_users()))
    expected = {key: value.item() for key, value in metric.compute().items()}
    assert results.get() == pytest.approx(expected, rel=1e-12)
    assert results.get() == pytest.approx(expected, rel=1e-12)


def test_the_mean_of_the_whole_list_stands_beside_the_cut_ones():
    metric = RankingMetrics(["map@all", "recall"], [1])
    metric.update({"recall@1": torch.tensor([0.5, 0.0]), "map@all": torch.tensor([0.75, 0.25])})
    computed = {key: value.item() for key, value in metric.compute().items()}
    assert computed == {"recall@1": 0.25, "map@all": 0.5}
    assert list(computed) == ["recall@1", "map@all"]
