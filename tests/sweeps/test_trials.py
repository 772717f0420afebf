from tests.sweeps.made_sweep import SEED, fail, made_sweep

from rankdistill.sweeps.sweep_folder import joined, read_sweeps
from rankdistill.sweeps.trials import trials


def test_a_trial_is_a_run_that_ended_well_with_its_seeds_data_and_values_per_user(tmp_path):
    good, bad = made_sweep(
        tmp_path, {"size": ["d2"], SEED: [1, 2]}, lambda _: 0.1, seed__split=7, module__bias=True
    )
    fail(bad, "broken")
    (trial,) = trials(joined(read_sweeps([tmp_path]))[1], ["size"])
    assert (trial.job, trial.axes) == (good.name, {"size": "d2"})
    assert trial.seed == ((SEED, "1"), ("seed.split", "7"), None)
    assert trial.data == "f1 f2"
    assert trial.settings == {"backbone.embedding_dim": 2, SEED: 1, "seed.split": 7}
    values = trial.per_user("map@5")
    assert values is not None
    assert len(values[0]) == 40
