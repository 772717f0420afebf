import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser

from rankdistill.sweeps.former_names import sweep_folder, with_folders_kept
from rankdistill.sweeps.naming import former_name_of, name_of
from rankdistill.sweeps.plan import make_plan


@pytest.fixture
def plans():
    overrides = OverridesParser.create().parse_overrides(["size=d2,d4", "data=ml_1m"])
    (jobs,) = BasicSweeper.split_arguments(overrides, None)
    return [make_plan("train", overrides, jobs, name) for name in (name_of, former_name_of)]


def test_a_sweep_without_a_folder_gets_one_that_needs_no_quotes(tmp_path, plans):
    assert sweep_folder(tmp_path, *plans) == tmp_path / "size+data-ml_1m"


def test_a_sweep_of_version_0_1_goes_on_in_its_folder(tmp_path, plans):
    former = tmp_path / "size,data=ml_1m"
    former.mkdir()
    assert sweep_folder(tmp_path, *plans) == former


def test_a_sweep_with_both_folders_goes_on_in_the_new_one(tmp_path, plans):
    for name in ("size,data=ml_1m", "size+data-ml_1m"):
        (tmp_path / name).mkdir()
    assert sweep_folder(tmp_path, *plans) == tmp_path / "size+data-ml_1m"


def test_jobs_keep_the_folders_they_have(tmp_path, plans):
    (tmp_path / "size=d4").mkdir()
    kept = with_folders_kept(*plans, tmp_path)
    assert [job.name for job in kept.jobs] == ["size-d2", "size=d4"]
    assert [job.overrides for job in kept.jobs] == [job.overrides for job in plans[0].jobs]
