import pytest
from tests.evaluation.made_trials import crossed, made_trial

from rankdistill.evaluation.sweep_summary import build_sweep_summary
from rankdistill.reporting.sweep_reading import reading
from rankdistill.reporting.sweep_tables import (
    best_per_level_table,
    configurations_table,
    effects_table,
)

AXES = ["size", "weighting"]
VALUES = {
    ("d2", "uniform"): 0.1,
    ("d2", "hybrid"): 0.12,
    ("d10", "uniform"): 0.3,
    ("d10", "hybrid"): 0.31,
}


def seeded(values=VALUES, seeds=(1, 2, 3), users=True):
    """Runs whose users differ a little, and seeds too."""
    return [
        made_trial(
            {"size": size, "weighting": weighting},
            value + 0.001 * seed,
            seed=seed,
            users={u: value + 0.01 * (u % 3) * value for u in range(9)} if users else None,
        )
        for (size, weighting), value in values.items()
        for seed in seeds
    ]


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


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


def test_with_many_axes_there_are_six_sentences_and_the_caution_stays():
    trials = [
        made_trial({"a": a, "b": b, "c": c, "d": d}, 0.1 + 0.1 * a + 0.01 * b + 0.001 * c + d / 1e4)
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
        for d in (0, 1)
    ]
    sentences = reading(build_sweep_summary(trials, ["a", "b", "c", "d"], "map@5"))
    assert len(sentences) == 6
    assert sentences[4] == "Less comes from the others: c 0% and d 0%."
    assert "one seed" in sentences[5]


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


def test_the_table_of_configurations_reads_as_written_by_hand():
    trials = [
        made_trial({"size": "d2"}, value, val=value + 0.1, seed=seed, num_bytes=21_200)
        for seed, value in ((1, 0.1), (2, 0.2))
    ]
    trials.append(made_trial({"size": "d10"}, 0.3, num_bytes=106_000))
    table = configurations_table(build_sweep_summary(trials, ["size"], "map@5"))
    assert table.columns[:6] == ("#", "size", "seeds", "val MAP@5", "test MAP@5", "weights file")
    assert texts(table) == [
        ["1", "d10", "1", ".3000", ".3000", "106 kB", "-", "-", "-", "-"],
        ["2", "d2", "2", ".2500 ± .0707", ".1500 ± .0707", "21.2 kB", "-", "baseline", "-", "-"],
    ]
    assert "compared with the first configuration of the sweep (size=d2)" in table.note


def test_the_note_says_with_which_twin_each_is_compared():
    summary = build_sweep_summary(seeded(), AXES, "map@5", {"weighting": "uniform"})
    assert "its own twin that has weighting=uniform" in configurations_table(summary).note
    column = [row[AXES.index("weighting") + 1] for row in texts(configurations_table(summary))]
    differences = [row[-3] for row in texts(configurations_table(summary))]
    assert dict(zip(column, differences, strict=True))["uniform"] == "baseline"


def test_the_tables_of_levels_and_effects_name_every_level():
    summary = build_sweep_summary(seeded(), AXES, "map@5")
    names = [["size", "d2"], ["size", "d10"], ["weighting", "hybrid"], ["weighting", "uniform"]]
    assert [row[:2] for row in texts(best_per_level_table(summary))] == names
    assert texts(best_per_level_table(summary))[0][2:4] == ["weighting=hybrid", "#3"]
    assert [row[:2] for row in texts(effects_table(summary))] == names
    assert [row[6] for row in texts(effects_table(summary))][1] == "best"
    assert [row[-1] for row in texts(effects_table(summary))] == ["2 of 2"] * 4


def test_crossed_levels_that_are_unknown_are_not_named():
    trials = crossed({("d2", "-"): 0.1, ("d10", "-"): 0.2, ("d2", "hybrid"): 0.3})
    summary = build_sweep_summary(trials, AXES, "map@5")
    named = [row[:2] for row in texts(best_per_level_table(summary))]
    assert named == [["size", "d2"], ["size", "d10"], ["weighting", "hybrid"]]
    assert "-" not in reading(summary)[1].split(",")[0]


def test_a_column_of_many_axes_levels_sorts_as_text():
    trials = [made_trial({"a": a, "b": b}, 0.1) for a in (1, 2) for b in ("x", "y")]
    summary = build_sweep_summary(trials, ["a", "b"], "map@5")
    for table in (best_per_level_table(summary), effects_table(summary)):
        assert not table.numeric[table.columns.index("level")]
    table = configurations_table(summary)
    assert table.numeric[:3] == (True, True, False)
