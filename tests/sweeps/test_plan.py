import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser

from rankdistill.sweeps.plan import make_plan


def planned(*texts, command="train"):
    overrides = OverridesParser.create().parse_overrides(list(texts))
    (combinations,) = BasicSweeper.split_arguments(overrides, None)
    return make_plan(command, overrides, combinations)


def test_a_grid_is_named_by_its_axes_and_by_what_is_fixed():
    plan = planned("size=d2,d10", "data=ml_1m", "weighting=uniform,hybrid")
    assert plan.name == "size+weighting+data-ml_1m"
    assert plan.axes == ("size", "weighting")
    assert plan.fixed == ("data=ml_1m",)
    assert [job.name for job in plan.jobs] == [
        "size-d2+weighting-uniform",
        "size-d2+weighting-hybrid",
        "size-d10+weighting-uniform",
        "size-d10+weighting-hybrid",
    ]
    assert plan.jobs[0].overrides == ("size=d2", "data=ml_1m", "weighting=uniform")


def test_a_wider_grid_keeps_the_folders_name_and_those_of_its_jobs():
    narrow, wide = planned("size=d2,d4"), planned("size=d2,d4,d8")
    assert narrow.name == wide.name
    assert {job.name for job in narrow.jobs} < {job.name for job in wide.jobs}


def test_a_named_grid_names_the_folder():
    assert planned("size=d2,d10", "top_k=k10,k30", "sweep=full_grid").name == "full_grid"


def test_a_later_value_replaces_an_axis_of_the_named_grid():
    plan = planned("size=d2,d10", "top_k=k10,k30", "sweep=full_grid", "size=d4")
    assert plan.axes == ("top_k",)
    assert plan.name == "full_grid+size-d4"
    assert len(plan.jobs) == 2


def test_other_commands_and_other_fixed_settings_have_folders_of_their_own():
    names = {
        planned("size=d2,d4").name,
        planned("size=d2,d4", command="compare").name,
        planned("size=d2,d4", "data=synthetic").name,
    }
    assert len(names) == 3


def test_how_many_threads_a_job_takes_is_not_part_of_a_name():
    assert planned("size=d2,d4", "trainer.threads=1").name == planned("size=d2,d4").name


def test_a_value_that_occurs_twice_is_refused():
    with pytest.raises(ValueError, match="job size-d2 more than once"):
        planned("size=d2,d2,d4")


def test_a_single_job_is_a_grid_of_one():
    plan = planned("size=d2")
    assert (plan.axes, len(plan.jobs)) == ((), 1)
    assert plan.jobs[0].name
