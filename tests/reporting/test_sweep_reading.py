import itertools

import numpy as np
import pytest
from tests.evaluation.made_trials import made_trial
from tests.reporting.made_summary import AXES, VALUES, seeded

from rankdistill.evaluation.sweep_summary import build_sweep_summary
from rankdistill.reporting.sweep_reading import reading


def test_sentences_say_what_matters_most_first_and_whether_it_may_be_chance():
    sentences = reading(build_sweep_summary(seeded(), AXES, "map@5"))
    assert 3 <= len(sentences) <= 6
    assert sentences[0] == "4 configurations of 3 seeds each reach test MAP@5 from .1020 to .3120."
    assert sentences[1].startswith("Best on validation is size=d10 weighting=hybrid, with .3120 ± ")
    assert sentences[2].startswith(
        "size matters most, 99% of the variance between configurations: size=d10 is best on "
        "validation, with a mean on test of .3070 against .1120 of d2 (p = "
    )
    assert sentences[3].startswith("weighting explains 1% of it")


def test_what_one_seed_shows_is_not_called_shown():
    values = {("d2", "uniform"): 0.1, ("d2", "hybrid"): 0.3}
    values |= {("d10", "uniform"): 0.3, ("d10", "hybrid"): 0.11}
    order = {"weighting": ["uniform", "hybrid"]}
    trials = seeded(values, (1,), users=False)
    text = " ".join(reading(build_sweep_summary(trials, AXES, "map@5", order=order)))
    assert text.count("a difference that may be chance (p = 1 by Holm)") == 2
    assert "it has no baseline to be compared with" in text
    assert "There is one seed" in text


def test_missing_combinations_and_seeds_are_said():
    trials = seeded({key: value for key, value in VALUES.items() if value != 0.31})
    text = " ".join(reading(build_sweep_summary(trials, AXES, "map@5")))
    assert "Combinations are missing: effects of size and weighting rest on a part" in text
    text = " ".join(reading(build_sweep_summary(seeded()[:-1], AXES, "map@5")))
    assert "of 2 to 3 seeds each" in text
    assert "differ in their number of seeds" in text


def test_axes_that_were_never_crossed_explain_nothing():
    values = {("d2", "uniform"): 0.1, ("d10", "hybrid"): 0.3}
    sentences = reading(build_sweep_summary(seeded(values), AXES, "map@5"))
    assert not [sentence for sentence in sentences if "variance" in sentence]
    assert "no effect is read" in sentences[-1]


def test_of_many_axes_the_four_that_matter_most_are_told_and_the_caution_stays():
    names, weights = "abcde", (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
    trials = [
        made_trial(dict(zip(names, point, strict=True)), 0.1 + float(np.dot(point, weights)))
        for point in itertools.product((0, 1), repeat=5)
    ]
    sentences = reading(build_sweep_summary(trials, list(names), "map@5"))
    assert len(sentences) == 7
    told = [sentence.split(" ")[0] for sentence in sentences[2:6]]
    assert told == ["a", "b", "c", "d"]
    assert "one seed" in sentences[6]


def test_a_single_axis_is_told_without_a_share():
    values = [("d2", 0.1), ("d10", 0.2)]
    trials = [made_trial({"size": s}, value, seed=seed) for s, value in values for seed in (1, 2)]
    sentences = reading(build_sweep_summary(trials, ["size"], "map@5"))
    assert sentences[2].startswith("size=d10 is best on validation, with a mean on test of .2000")
    assert "variance" not in " ".join(sentences)


@pytest.mark.parametrize("trials", [[], [made_trial({"size": "d2"}, 0.1)]])
def test_sweeps_with_next_to_nothing_still_read(trials):
    sentences = reading(build_sweep_summary(trials, ["size"], "map@5"))
    assert sentences[0].startswith("No job has ended well" if not trials else "There is one conf")
