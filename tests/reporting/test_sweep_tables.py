from tests.evaluation.made_trials import crossed, made_trial
from tests.reporting.made_summary import AXES, seeded

from rankdistill.evaluation.sweep_summary import build_sweep_summary
from rankdistill.reporting.sweep_reading import reading
from rankdistill.reporting.sweep_tables import (
    best_per_level_table,
    configurations_table,
    effects_table,
)


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_the_table_of_configurations_reads_as_written_by_hand():
    trials = [
        made_trial({"size": "d2"}, value, val=value + 0.1, seed=seed, num_bytes=21_200)
        for seed, value in ((1, 0.1), (2, 0.2))
    ]
    trials.append(made_trial({"size": "d10"}, 0.3, num_bytes=106_000))
    table = configurations_table(build_sweep_summary(trials, ["size"], "map@5"))
    assert table.columns[:6] == ("#", "size", "seeds", "val MAP@5", "test MAP@5", "weights")
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
