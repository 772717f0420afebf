"""Commands with settings that cannot be: one line each, nothing run."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

from benchmarks.faults.verdict import MOST_TOLD, Fault

from rankdistill import cli

SMALL = [
    "data=synthetic",
    "data.num_users=80",
    "data.num_items=60",
    "data.num_interactions=1600",
    "data.rank=3",
    "trainer.progress=false",
    "trainer.max_epochs=1",
    "ranking_loss=softmax",
    "module=student",
]

SETTINGS = [
    "trainer.threads=0",
    "trainer.threads=-1",
    "trainer.threads=many",
    "trainer.devices=-1",
    "trainer.devices=0",
    "trainer.devices=99",
    "trainer.devices=x",
    "trainer.accelerator=tpu",
    "trainer.accelerator=",
    "trainer.precision=banana",
    "trainer.strategy=banana",
    "trainer.num_nodes=0",
    "trainer.max_epochs=0",
    "trainer.max_epochs=nan",
    "trainer.patience=-3",
    "trainer.matmul_precision=low",
    "backbone.init_std=nan",
    "backbone.init_std=-1",
    "backbone.init_std=inf",
    "backbone.embedding_dim=0",
    "backbone.embedding_dim=100000000",
    "backbone.embedding_dim=2.5",
    "backbone.embedding_dim=null",
    "hydra.run.dir=",
    "data.num_users=0",
    "data.num_users=-5",
    "data.num_items=1",
    "data.rank=0",
    "data.num_interactions=99999999",
    "data.temperature=nan",
    "data.temperature=0",
    "data.seed=x",
    "seed.split=-1",
    "seed.initialization=-1",
    "seed.sampling=99999999999999999999",
    "seed.split=x",
    "training.learning_rate=0",
    "training.learning_rate=nan",
    "training.learning_rate=-1",
    "training.weight_decay=-1",
    "training.weight_decay=nan",
    "training.batch_size=0",
    "training.batch_size=-4",
    "evaluation.user_block=0",
    "evaluation.top_k=[]",
    "evaluation.metrics=[x]",
    "evaluation.top_k=[0]",
    "evaluation.monitor=val/x",
    "split.validation=2",
    "split.validation=-1",
    "split.validation=nan",
    "split._target_=os.system",
    "split._target_=rankdistill.__main__.X",
    "allow_targets=os",
    "storage.bits=1",
    "storage.bits=x",
    "data=nothing",
    "size=d0",
    "seed=",
    "seed.split=[",
    "nothing=1",
    "+nothing=1",
    "~seed",
    "backbone=null",
    "backbone=[1]",
    "module=os.system",
    "data._target_=subprocess.Popen",
    "module._target_=builtins.exec",
    "data.name=${oc.env:HOME}",
    "backbone.init_std=${oc.env:HOME}",
    "backbone.init_std=${nothing}",
    "training=${training}",
    "backbone.embedding_dim=${backbone.embedding_dim}",
    "ranking_loss=nothing",
]


def settings_that_cannot_be(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """Each setting in turn, in this process: exit status 1 or 2 and one line."""
    for turn in range(number):
        setting = SETTINGS[turn % len(SETTINGS)]
        yield Fault(setting, _run(folder, ["train", *SMALL, setting]))


def _run(folder: Path, arguments: list[str]) -> str:
    """What went wrong with a command that must fail; empty if nothing."""
    said, argv, place = io.StringIO(), sys.argv, Path.cwd()
    os.environ["HYDRA_FULL_ERROR"] = "0"
    sys.argv = ["rankdistill", *arguments]
    os.chdir(folder)
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            cli.main()
    except SystemExit as end:
        lines = [line for line in said.getvalue().splitlines() if "Warning" not in line]
        if end.code not in (1, 2) or len(lines) != 1 or len(lines[0]) > MOST_TOLD:
            return f"status {end.code}, {len(lines)} lines"
        return "" if lines[0].startswith("rankdistill: ") else lines[0][:99]
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:99]}"
    finally:
        sys.argv = argv
        os.chdir(place)
    return "it ran"
