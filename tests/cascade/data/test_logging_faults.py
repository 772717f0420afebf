import pytest
import torch
from tests.from_conf import built_from

from rankdistill.cascade.data.logging_faults import CORRUPTIONS

ROWS = 20_000


@pytest.fixture(scope="module")
def probabilities():
    return torch.rand(ROWS, 3, generator=torch.Generator().manual_seed(1))


def log(probabilities, seed=0, **settings):
    return built_from("cascade/log/whole", **settings)(
        probabilities, torch.Generator().manual_seed(seed)
    )


def test_by_default_everything_is_logged_as_it_was_said(probabilities):
    logged = log(probabilities)
    assert torch.equal(logged.probabilities, probabilities)
    assert logged.is_logged.all()
    assert logged.is_proper.all()


def test_a_smaller_share_is_part_of_a_larger_one_and_of_its_size(probabilities):
    larger = None
    for share in (0.5, 0.1, 0.01):
        logged = log(probabilities, share=share)
        assert int(logged.is_logged.sum()) == pytest.approx(share * ROWS, rel=0.15)
        assert torch.equal(logged.is_logged, logged.is_proper)
        if larger is not None:
            assert not (logged.is_logged & ~larger).any()
        larger = logged.is_logged


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_share_that_is_asked_for_is_corrupted_among_what_is_logged(probabilities, kind):
    logged = log(probabilities, share=0.5, corrupted=0.2, corruption=kind)
    same = (logged.probabilities == probabilities).all(1)
    assert not (~same & ~logged.is_logged).any()
    assert int((~same).sum()) == pytest.approx(0.2 * 0.5 * ROWS, rel=0.1)


def test_marked_rows_are_nonsense_and_the_log_says_so(probabilities):
    logged = log(probabilities, corrupted=0.2, corruption="marked")
    same = (logged.probabilities == probabilities).all(1)
    assert torch.equal(logged.is_proper, same)


def test_unmarked_rows_are_not_a_number_or_out_of_range_and_taken_for_proper(probabilities):
    logged = log(probabilities, corrupted=0.2, corruption="unmarked")
    assert logged.is_proper.all()
    wrong = logged.probabilities[(logged.probabilities != probabilities).any(1)]
    is_nan = wrong.isnan().all(1)
    assert (is_nan | (wrong > 1).all(1)).all()
    assert float(is_nan.float().mean()) == pytest.approx(0.5, abs=0.05)


def test_stale_rows_hold_another_rows_probabilities(probabilities):
    logged = log(probabilities, corrupted=0.2, corruption="stale")
    assert logged.is_proper.all()
    known = set(map(tuple, probabilities.tolist()))
    assert set(map(tuple, logged.probabilities.tolist())) <= known


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_what_is_given_stays_as_it_was_and_the_same_seed_logs_the_same(probabilities, kind):
    before = probabilities.clone()
    first, again = (log(probabilities, corrupted=0.3, corruption=kind) for _ in range(2))
    assert torch.equal(probabilities, before)
    for a, b in zip(first, again, strict=True):
        torch.testing.assert_close(a, b, equal_nan=True, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"share": 0.0}, "share must lie in"),
        ({"share": 1.1}, "share must lie in"),
        ({"corrupted": -0.1}, "corrupted in"),
        ({"corrupted": 1.1}, "corrupted in"),
        ({"corruption": "stael"}, "one of marked, unmarked, stale, got 'stael'; did.*'stale'"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        built_from("cascade/log/whole", **settings)
