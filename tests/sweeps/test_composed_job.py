"""A job that is run from what it composes to is what Hydra's launcher makes of it."""

from types import SimpleNamespace

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.callbacks import Callbacks
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobStatus
from hydra.types import HydraContext

from rankdistill.conf_path import conf_dir
from rankdistill.sweeps.composed_job import placed, run_composed
from rankdistill.sweeps.plan import Job

JOB = Job("size-d2", ("size=d2",))


@pytest.fixture
def launcher(tmp_path):
    """What a launcher has when Hydra has set it up, and what its jobs were given."""
    GlobalHydra.instance().clear()
    seen = []

    def task(config, made):
        hydra = HydraConfig.get()
        seen.append((config, made, hydra.runtime.output_dir, hydra.job.num))
        if made == "bad":
            raise ValueError("no such thing")
        return 0.5

    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        overrides = placed(JOB, tmp_path)
        config = compose("train", overrides=overrides, return_hydra_config=True)
        hydra = GlobalHydra.instance().hydra
        context = HydraContext(hydra.config_loader, Callbacks())
        yield SimpleNamespace(task_function=task, hydra_context=context), config, seen


def test_a_job_knows_its_folder_its_number_and_what_was_made(launcher, tmp_path):
    launcher, config, seen = launcher
    result = run_composed(launcher, config, "made", 7)
    ((given, made, folder, number),) = seen
    assert result.return_value == 0.5
    assert given.backbone.embedding_dim == 2
    assert "hydra" not in given
    assert (made, folder, number) == ("made", str(tmp_path / "size-d2"), 7)
    assert (tmp_path / "size-d2" / ".hydra" / "overrides.yaml").is_file()


def test_what_a_job_raises_is_kept(launcher):
    launcher, config, _ = launcher
    result = run_composed(launcher, config, "bad", 0)
    assert result.status is JobStatus.FAILED
    with pytest.raises(ValueError, match="no such thing"):
        _ = result.return_value
