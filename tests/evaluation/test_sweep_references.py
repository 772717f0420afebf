import pytest

from rankdistill.evaluation.sweep_references import Reference, reference_lines


def reference(model, key, kind, value, **levels):
    return Reference(
        model, key, kind, levels, {"val/map@5": value, "test/map@5": value}, {"weights_bytes": 100}
    )


def crossed():
    """Two sizes, two K and two seeds: the student hangs on size and seed, the teacher on seed."""
    values = {"d2": 0.1, "d4": 0.2}
    for size in values:
        for top_k in ("k5", "k10"):
            for seed in (1, 2):
                levels = {"size": size, "top_k": top_k}
                yield reference("teacher", f"t{seed}", "t", 0.3 + seed / 10, **levels)
                value = values[size] + seed / 100
                yield reference("student", f"{size}{seed}", size, value, **levels)


def test_models_are_named_by_the_axes_that_tell_them_apart_and_counted_once():
    teacher, small, large = reference_lines(list(crossed()), "map@5")
    assert [
        (each["model"], each["levels"], each["num_runs"]) for each in (teacher, small, large)
    ] == [
        ("teacher", {}, 2),
        ("student", {"size": "d2"}, 2),
        ("student", {"size": "d4"}, 2),
    ]
    assert teacher["mean"]["test/map@5"] == pytest.approx(0.45)
    assert small["mean"]["test/map@5"] == pytest.approx(0.115)
    assert small["std"]["test/map@5"] == pytest.approx(0.01 / 2**0.5)
    assert small["measures"] == {"weights_bytes": 100}


def test_models_that_no_axis_tells_apart_are_averaged():
    found = [
        reference("student", "a", "a", 0.1, size="d2", split="one"),
        reference("student", "b", "b", 0.3, size="d2", split="one"),
    ]
    (line,) = reference_lines(found, "map@5")
    assert (line["levels"], line["num_runs"]) == ({}, 2)
    assert line["mean"]["test/map@5"] == pytest.approx(0.2)


def test_a_model_without_the_metric_and_a_sweep_without_models_have_no_line():
    assert reference_lines([reference("teacher", "a", "a", 0.1, size="d2")], "ndcg@10") == []
    assert reference_lines([], "map@5") == []
