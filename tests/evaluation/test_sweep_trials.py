from tests.evaluation.made_trials import made_trial

from rankdistill.evaluation.sweep_trials import make_grid


def test_levels_come_as_people_count_unless_the_sweep_says_how():
    names = ["k100", "k5", "k30", None, 10, 2.5]
    grid = make_grid([made_trial({"top_k": name}, 0.1) for name in names], ["top_k"], {})
    assert grid.levels["top_k"] == (None, 2.5, 10, "k5", "k30", "k100")
    told = {"top_k": ["k100", 10]}
    grid = make_grid([made_trial({"top_k": name}, 0.1) for name in names], ["top_k"], told)
    assert grid.levels["top_k"] == ("k100", 10, None, 2.5, "k5", "k30")
