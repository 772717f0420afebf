import pytest
import torch
from tests.cascade.runs.small_cascade import small_cascade, small_data
from tests.cascade.test_config import composed_cascade
from tests.data.made_up_visits import write_visits

from rankdistill.building import Component
from rankdistill.cascade.runs.models import (
    make_cascade_data,
    make_early_ranker,
    make_final_ranker,
    make_logging,
)
from rankdistill.runs.models import load_data


def same_weights(first, second):
    states = first.state_dict(), second.state_dict()
    assert states[0].keys() == states[1].keys()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.slow
def test_students_of_one_seed_begin_with_equal_networks_whatever_their_form(tmp_path):
    datamodule, data = small_data()
    cfg = small_cascade(tmp_path)
    none, auxiliary, shared = (
        make_early_ranker(cfg, name, data, datamodule).network
        for name in ("none", "auxiliary", "shared")
    )
    assert same_weights(none, auxiliary)
    assert same_weights(none, shared)
    other = make_early_ranker(
        small_cascade(tmp_path, "seed.initialization=9"), "none", data, datamodule
    )
    assert not same_weights(none, other.network)


@pytest.mark.slow
def test_the_seed_of_sampling_changes_the_order_of_batches_and_not_the_start(tmp_path):
    datamodule, data = small_data()
    first, second = (
        make_final_ranker(small_cascade(tmp_path, f"seed.sampling={seed}"), data, datamodule)
        for seed in (5, 6)
    )
    assert same_weights(first, second)
    assert (first.seed, second.seed) == (5, 6)


def test_a_ranker_remembers_the_data_that_it_learns_from_without_places(tmp_path):
    datamodule, data = small_data()
    cfg = small_cascade(tmp_path)
    cfg.data = Component("made.Data", {"release": "small", "path": str(tmp_path)})
    ranker = make_final_ranker(cfg, data, datamodule)
    trained_on = ranker.hparams["data"]
    assert trained_on["fingerprint"] == datamodule.fingerprint
    assert trained_on["split_fingerprint"] == datamodule.split.fingerprint
    assert trained_on["config"]["requests"]["page"] == 4
    assert trained_on["config"]["data"] == {"_target_": "made.Data", "release": "small"}


@pytest.mark.parametrize("release", ["ml-100k", "ml-1m"])
def test_releases_whose_users_are_described_give_ages_genders_and_occupations(release, tmp_path):
    write_visits(tmp_path, name=release)
    group = release.replace("-", "_")
    places = f"data.path={tmp_path}", f"data.cache={tmp_path / 'cache'}"
    cfg = composed_cascade(f"data={group}", *places, "requests.page=4", "impressions.passed_by=5")
    datamodule = load_data(cfg.data, cfg.split, cfg.seed.split, 8, cfg.allow_targets)
    data = make_cascade_data(cfg, datamodule)
    labels = datamodule.split.train.labels
    user = list(map(int, labels.users)).index(10)
    assert float(data.categories.ages[user]) == pytest.approx(35 / 50)
    # "F", "M" and unknown; three occupations and unknown.
    assert data.vocabulary.categories == ((3, 4), (4, 8))
    assert data.vocabulary.num_genres > 1


@pytest.mark.slow
def test_impressions_are_drawn_by_the_seed_of_the_split(tmp_path):
    datamodule, data = small_data()
    again = make_cascade_data(small_cascade(tmp_path), datamodule)
    other = make_cascade_data(small_cascade(tmp_path, "seed.split=9"), datamodule)
    assert again.fingerprint == data.fingerprint
    assert other.fingerprint != data.fingerprint
    assert torch.equal(other.requests.item_ids, data.requests.item_ids)


def test_a_change_of_logging_leaves_its_other_settings(tmp_path):
    cfg = small_cascade(tmp_path, "log.corrupted=0.25")
    main, smaller = make_logging(cfg, {}), make_logging(cfg, {"share": 0.5})
    assert (main.share, main.corrupted) == (1.0, 0.25)
    assert (smaller.share, smaller.corrupted) == (0.5, 0.25)
    with pytest.raises(ValueError, match="share must lie in"):
        make_logging(cfg, {"share": 2.0})
