"""`rankdistill COMMAND [overrides]`: read the command line, and print help without torch."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from rankdistill import __version__
from rankdistill.building import did_you_mean
from rankdistill.conf_path import conf_dir
from rankdistill.quoting import printable
from rankdistill.terminal import (
    INTERRUPTED,
    end_without_reader,
    stop_at_once,
    work_begins,
    write_what_it_can,
)
from rankdistill.thread_waits import let_waiting_threads_sleep

if TYPE_CHECKING:
    from rankdistill.serving.asking import Question

TRACEBACKS = "RANKDISTILL_TRACEBACKS"
"""Environment variable that tells the program's own workers whether to show tracebacks."""

PLAIN = {"report"}
"""Commands that compose no configuration."""

SWEEPER = "hydra_plugins.rankdistill_sweeper."

COMMANDS = {
    "compare": "train teacher, student and distilled student over seeds; one table, one picture",
    "inspect": "say how a file of your own would be read, and which command to go on with",
    "train": "train one model; with -m sweep any group or key",
    "cascade": "train an early ranker on a final ranker's logged scores; one report",
    "report": "summarise sweeps: tables, tests, figures, one HTML page (DIR ..., --baseline)",
    "tune": "choose settings on validation, with Optuna; goes on where it was stopped",
    "recommend": "rank the catalogue for one person, with a model.rank or a checkpoint",
    "score": "rank the catalogue for all users with a model.rank, as Parquet files",
    "export": "make of a checkpoint a model.rank (weights in few bits, ids, titles) or a page",
}

USAGE = """\
Ranking distillation for recommenders.

usage: rankdistill COMMAND [group=option] [key=value] [-m] [--cfg job] [--help]

commands:
{commands}

{which}
{groups}

examples:
  rankdistill inspect data.path=orders.csv              how a file of yours would be read
  rankdistill compare                                   teacher, student, distilled student
  rankdistill compare data=synthetic seeds=[1]          on made-up data, without a download
  rankdistill train module=teacher size=d200            one model
  rankdistill train -m size=d2,d10 weighting=uniform,position,discrepancy,hybrid top_k=k10,k30
  rankdistill train sweep=full_grid                     a grid of 216 jobs; goes on after a stop
  rankdistill report outputs/sweeps/full_grid --baseline weighting=uniform
  rankdistill tune tuning=ranking size=d10 n_trials=40 workers=2
  rankdistill cascade cascade/early_ranker/size=e2_d8   early and final ranker, three forms
  rankdistill recommend model=outputs/.../model.rank user=196
  rankdistill export checkpoint=outputs/.../model.ckpt storage=int6 output=shop.rank
  rankdistill export checkpoint=outputs/.../model.ckpt format=page output=shop.html
  rankdistill score model=shop.rank output=scores/      all users; goes on where it was stopped
  tensorboard --logdir outputs                          curves
"""


NO_GROUPS = "It has no groups. Its settings are shown with --cfg job."
OF_ALL = "groups of all commands (rankdistill COMMAND --help lists those of one):"


def main() -> None:
    """Run the console script."""
    let_waiting_threads_sleep()
    write_what_it_can()
    stop_at_once()
    try:
        _main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        end_without_reader()
    finally:
        work_begins()


def _main(arguments: list[str]) -> None:
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(usage())
        return
    if arguments[0] == "--version":
        print(f"rankdistill {__version__}")
        return
    command, *overrides = arguments
    if command not in COMMANDS:
        _fail(f"There is no command {command!r}{did_you_mean(command, COMMANDS)}", status=2)
    if command in PLAIN:
        module = import_module(f"rankdistill.commands.{command}")
        _run_plainly(lambda: module.run(overrides))
    elif command == "recommend" and (question := _asked_of_file(overrides)):
        from rankdistill.serving.asking import answer

        _run_plainly(lambda: print(answer(question)))
    elif overrides and overrides[0] in {"-h", "--help"}:
        print(usage(command))
    else:
        _run(command, overrides)


def usage(command: str | None = None) -> str:
    """Return the help text, with the groups of one command or of all."""
    from rankdistill.config.groups import all_groups, groups_of

    groups = all_groups(conf_dir()) if command is None else groups_of(command, conf_dir())
    width = max(map(len, groups), default=0) + 2
    lines = [f"  {name:{width}}{' '.join(options)}" for name, options in groups.items()]
    commands = [f"  {name:15}{what}" for name, what in COMMANDS.items()]
    which = OF_ALL if command is None else f"groups of {command}:" if groups else NO_GROUPS
    text = USAGE.format(commands="\n".join(commands), which=which, groups="\n".join(lines))
    return text if command is None else f"rankdistill {command}: {COMMANDS[command]}\n\n{text}"


class Task:
    """Runs a command with the configuration that Hydra composed, here or in a worker process.

    Args:
        command: A name in COMMANDS. Its module is imported when it runs, not before.
        argv: The program's arguments, text quoted for Hydra, for launchers that start it again.
    """

    def __init__(self, command: str, argv: list[str]):
        self.command = command
        self.argv = argv

    def __call__(self, config: Any, made: Any = None) -> Any:
        """Run the command. A job of a sweep is recorded; elsewhere a mistake ends in one line.

        Args:
            config: What Hydra composed.
            made: The MadeJob of a job that a stack has trained.
        """
        sys.argv = list(self.argv)
        run = partial(_run_command, self.command, self.argv, made)
        if _in_a_sweep():
            from rankdistill.sweeps.recording import run_recorded

            in_words = partial(_explained, arguments=self.argv[1:], hint="")
            return run_recorded(run, config, in_words)
        try:
            return run(config)
        except BrokenPipeError:  # Hydra would print a line of its own
            end_without_reader()
        except Exception as error:
            if not _for_people(error):
                raise
            _fail(_explained(error, self.argv[1:]))


def _run_command(command: str, argv: list[str], made: Any, config: Any) -> Any:
    """Run a command; refuse a configuration that allows itself targets."""
    from rankdistill.config.allowances import refuse_untyped
    from rankdistill.settings import read_settings

    refuse_untyped(config, argv)
    _refuse_no_folder()
    settings = read_settings(command, config) if made is None else made.settings
    module = import_module(f"rankdistill.commands.{command}")
    work_begins()
    return module.run(settings) if made is None else module.run(settings, made)


def _refuse_no_folder() -> None:
    """Refuse an empty folder: it is the current one, and its files would pass for a run's."""
    from hydra.core.hydra_config import HydraConfig

    hydra = HydraConfig.get()
    for key, folder in (("hydra.run.dir", hydra.run.dir), ("hydra.sweep.dir", hydra.sweep.dir)):
        if not str(folder).strip():
            raise ValueError(f"{key} is empty; name a folder.")


def _asked_of_file(overrides: list[str]) -> Question | None:
    """Return what a model.rank is asked, which needs no Hydra and no PyTorch; else None."""
    if not any(word.startswith("model=") for word in overrides):
        return None
    from rankdistill.serving.asking import typed_question

    return typed_question(overrides)


def _run_plainly(run: Callable[[], None]) -> None:
    """Run a command without Hydra; end every mistake of the user in one line."""
    work_begins()
    try:
        run()
    except BrokenPipeError:
        raise
    except (ValueError, OSError) as error:
        if os.environ.get("HYDRA_FULL_ERROR") == "1":
            raise
        _fail(" ".join(str(error).split()))


def _run(command: str, overrides: list[str]) -> None:
    """Let Hydra compose and run a command; end every mistake of the user in one line."""
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ[TRACEBACKS] = str(int(wants_traceback))
    os.environ["HYDRA_FULL_ERROR"] = "1"  # otherwise Hydra prints errors instead of raising them
    import hydra

    from rankdistill.config.allowances import typed_prefixes
    from rankdistill.config.command_line import is_override
    from rankdistill.config.literal_keys import is_literal
    from rankdistill.config.literal_text import quote_literals
    from rankdistill.config.yaml_aliases import refuse_alias_bombs

    overrides = quote_literals(overrides, is_literal)
    if let_in := sorted(typed_prefixes(overrides)):
        what = f"allow_targets lets this configuration build what is in {', '.join(let_in)}."
        print(f"rankdistill: {what}", file=sys.stderr)

    task = Task(command, [sys.argv[0], command, *overrides])
    sys.argv = [sys.argv[0], *sorted(overrides, key=is_override)]  # Hydra wants its flags first
    hydra_main = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name=command)
    try:
        refuse_alias_bombs(overrides)
        hydra_main(task)()
    except KeyboardInterrupt as stop:
        _fail(str(stop) or INTERRUPTED, status=130)
    except Exception as error:
        if not _for_people(error):
            raise
        _fail(_explained(error, [command, *overrides]))


def _in_a_sweep() -> bool:
    """Return whether this is a job of our sweeper; some commands have Hydra's own sweeper."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    hydra = HydraConfig.get()
    return hydra.mode is RunMode.MULTIRUN and hydra.sweeper._target_.startswith(SWEEPER)


def _for_people(error: Exception) -> bool:
    from rankdistill.errors import is_for_people

    return os.environ.get(TRACEBACKS) != "1" and is_for_people(error)


def _explained(error: BaseException, arguments: list[str], **how: str) -> str:
    from rankdistill.config.command_line import CommandLine
    from rankdistill.errors import explain

    return explain(error, CommandLine.typed(arguments[0], arguments[1:]), **how)


def _fail(message: str, status: int = 1) -> NoReturn:
    print(f"rankdistill: {printable(message)}", file=sys.stderr)
    raise SystemExit(status)
