"""The sweeper that Hydra finds: it expands the grid and hands the jobs to ``rankdistill``."""

from __future__ import annotations

from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser


class ResumableSweeper(BasicSweeper):
    """Runs Hydra's grid so that it can stop and go on; ``rankdistill.commands.sweep`` does it.

    Args:
        params: Value lists by key, as in ``conf/sweep/``; the command line replaces them.
        rerun: Which finished jobs run again: none, changed (made with other code or data), or all.
    """

    def __init__(self, params: dict[str, str] | None, rerun: str):
        super().__init__(max_batch_size=None, params=params)
        self.rerun = rerun

    def sweep(self, arguments: list[str]) -> Any:
        """Run the jobs that are missing; raise if a job failed."""
        from rankdistill.settings import refuse_idle_grid  # Hydra imports plugins at every start

        assert self.hydra_context is not None
        assert self.config is not None
        assert self.launcher is not None
        loader = self.hydra_context.config_loader
        parser = OverridesParser.create(config_loader=loader)
        overrides = parser.parse_overrides([*self._parse_config(), *arguments])
        (jobs,) = self.split_arguments(overrides, None)
        config = self.config
        command = config.hydra.job.config_name
        refuse_idle_grid(command, jobs, lambda job: loader.load_sweep_config(config, list(job)))

        from rankdistill.commands import sweep
        from rankdistill.terminal import work_begins

        work_begins()
        return sweep.run(overrides, jobs, self.launcher, loader, self.config, self.rerun)
