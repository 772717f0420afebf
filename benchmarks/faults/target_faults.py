"""Settings that name a class of somebody else's, in a configuration and in a checkpoint."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import torch
from benchmarks.faults.tensor_faults import made_checkpoint
from benchmarks.faults.verdict import Fault, tried

from rankdistill.building import build
from rankdistill.runs.checkpoints import load_backbone, read_checkpoint

FOREIGN = [
    "os.system",
    "os.popen",
    "subprocess.Popen",
    "subprocess.run",
    "builtins.eval",
    "builtins.exec",
    "builtins.open",
    "torch.load",
    "torch.nn.Linear",
    "torch.hub.load",
    "importlib.import_module",
    "pickle.loads",
    "runpy.run_path",
    "shutil.rmtree",
    "socket.socket",
    "urllib.request.urlopen",
    "webbrowser.open",
    "ctypes.CDLL",
    "hydra.utils.instantiate",
    "rankdistill_evil.Thing",
    "rankdistill",
    "rankdistill.",
    ".rankdistill",
    "x.y",
]
THROUGH_OURS = [
    "files.os.system",
    "files.json.JSONDecoder",
    "files.Path",
    "cli.import_module",
    "cli.main",
    "cli.Task",
    "building.build",
    "building.importlib.import_module",
    "__main__.main",
    "__main__.X",
    "runs.fit.torch.load",
    "runs.fit.shutil.rmtree",
    "data.download.urllib.request.urlopen",
    "data.download.download",
    "files",
    "no.such.Thing",
    "runs.made_once.shutil.rmtree",
    "from_python.subprocess.Popen",
]
TARGETS = (*FOREIGN, *(f"rankdistill.{name}" for name in THROUGH_OURS))


def hostile_targets(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """A class that is not of ours, or no scoring network: refused, nothing foreign imported."""
    path, content = folder / "target.ckpt", made_checkpoint()
    for place in range(number):
        target = TARGETS[place % len(TARGETS)]
        node = {"_target_": target, "args": "true", "command": "true"}
        if place // len(TARGETS) % 3 == 1:
            node = {"_target_": "rankdistill.data.splits.RandomSplit", "validation": node}
        before = set(sys.modules)
        if place // len(TARGETS) % 3 == 2:
            content["hyper_parameters"]["backbone"] = node
            torch.save(content, path)
            fault = tried(target, lambda: load_backbone(read_checkpoint(path), path))
        else:
            fault = tried(target, lambda node=node: build(node))
        foreign = {
            name for name in set(sys.modules) - before if name.partition(".")[0] in _FOREIGN_ROOTS
        }
        yield Fault(target, f"imported {foreign}" if foreign else fault.wrong)


_FOREIGN_ROOTS = {"webbrowser", "runpy", "rankdistill_evil", "x"}
