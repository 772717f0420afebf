import pytest
from tests.sweeps.made_sweep import SEED, made_sweep

from rankdistill.sweeps.summary import summarise


def test_configurations_are_averaged_over_seeds_and_ordered_as_the_sweep_asked(tmp_path):
    grid = {"size": ["d10", "d2"], SEED: [1, 2]}
    made_sweep(tmp_path, grid, lambda axes: 0.1 * axes[SEED] + (axes["size"] == "d2"))
    found = summarise([tmp_path])
    assert found.axes == ["size", SEED]
    assert len(found.jobs) == 4
    assert found.numbers["first"] == {"size": "d10"}
    means = [each["mean"]["test/map@5"] for each in found.numbers["configurations"]]
    assert means == pytest.approx([1.15, 0.15])


def test_a_level_that_a_sweep_does_not_tell_is_left_out_of_its_configurations(tmp_path):
    made_sweep(tmp_path / "a", {"weighting": ["hybrid"]}, lambda _: 0.1)
    made_sweep(tmp_path / "b", {"top_k": ["k5"]}, lambda _: 0.2)
    found = summarise([tmp_path])
    levels = [each["levels"] for each in found.numbers["configurations"]]
    assert levels == [{"sweep": "b", "top_k": "k5"}, {"sweep": "a", "weighting": "hybrid"}]
