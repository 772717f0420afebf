"""Every command of README.md and docs/ is run where it stands, on little data for one epoch."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from tests.commands.cascading import tiny
from tests.documents import DOCUMENTS, ROOT, blocks, commands
from tests.running import SMALL_DATA, composed, program, run_here

pytestmark = pytest.mark.slow

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
ONE_EPOCH = ("trainer.max_epochs=1", "trainer.progress=false", "trainer.threads=1")
LITTLE_DATA = (*SMALL_DATA, "data.num_items=300", "data.num_interactions=4000")
"""With enough items for lists of a hundred."""
ONE_OF_EACH = ("sharpness=paper", "top_k=k10", "seed.initialization=1", "weighting=uniform")
"""What makes the great grid small."""
ONLY_COMPOSED = {
    "torchrun": "starts two processes, each of which imports PyTorch for seconds",
    "trainer=ddp": "starts another process, which imports PyTorch for seconds",
    "trainer=gpu": "needs a GPU",
}
"""What is composed and not run, and why. Other tests run two processes."""


@pytest.fixture(scope="module")
def after_the_demo(tmp_path_factory):
    """A folder in which `make demo` has run."""
    folder = tmp_path_factory.mktemp("demo")
    lines = re.findall(r"^\t\$\(BIN\)/(rankdistill .*?)(?: \|\| \\)?$", MAKEFILE, flags=re.M)
    assert [line.split()[1] for line in lines] == ["compare", "train", "export"]
    with pytest.MonkeyPatch.context() as monkeypatch:
        for line in lines:
            run(line, folder, monkeypatch)
    return folder


@pytest.fixture
def folder(after_the_demo, tmp_path):
    """A copy of it, for one document."""
    return shutil.copytree(after_the_demo, tmp_path / "repository")


def smaller(line: str) -> list[str]:
    """The arguments of a command that trains, on little data where it names none of its own."""
    _, command, *words = shlex.split(line)
    if "--cfg" in words:
        return [command, *words]
    words = [word for word in words if word != "data=ml_100k"]
    lists = [word for word in words if re.fullmatch(r"[\w./@]+=[\w.]+(,[\w.]+)+", word)]
    words = [
        fewer_levels(word, 1 + (word == lists[-1])) if word in lists else word for word in words
    ]
    words = [re.sub(r"^n_trials=.*", "n_trials=2", word) for word in words]
    words = [word for word in words if not word.startswith("hydra/launcher=")]
    words = [word for word in words if not word.startswith("hydra.launcher.")]
    added = [word for word in ONE_EPOCH if not has(words, word.partition("=")[0])]
    for name in [word.partition("=")[2] for word in words if word.startswith("sweep=")]:
        if not has(words, "hydra.sweep.dir"):  # the little data would be part of its name
            added.append(f"hydra.sweep.dir=outputs/sweeps/{name}")
    if "sweep=full_grid" in words:
        added += [word for word in ONE_OF_EACH if not has(words, word.partition("=")[0])]
    if command == "compare":
        words = [word for word in words if not word.startswith("seeds=")]
        added.append("seeds=[1]")
    if not has(words, "data"):
        added += LITTLE_DATA
    return [command, *words, *added]


def has(words: Sequence[str], key: str) -> bool:
    return any(word.startswith(f"{key}=") for word in words)


def fewer_levels(word: str, num_levels: int) -> str:
    """``size=d2,d10,d20`` with so many of its levels."""
    key, _, levels = word.partition("=")
    return f"{key}={','.join(levels.split(',')[:num_levels])}"


def make(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.search(rf"^{line.split()[1]}:", MAKEFILE, flags=re.M), "there is no such target"


def shell(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["bash", "-c", line], cwd=folder, check=True)


def tensorboard(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert program().with_name("tensorboard").exists()
    assert list((folder / line.split()[-1]).rglob("events.out.tfevents.*"))


def compose_only(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(line)
    assert program().with_name(words[0]).exists()
    command = next(word for word in words if word in ("train", "compare"))
    composed(command, *words[words.index(command) + 1 :])


def cascade(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [re.sub(r"^seeds=.*", "seeds=[1]", word) for word in shlex.split(line)[1:]]
    if "data=request_log" in words:
        seeds = [] if has(words, "seeds") else ["seeds=[1]"]
        assert run_here(monkeypatch, folder, *words, "trainer=smoke", *seeds) == 0
        return
    added = [word for word in tiny(folder) if not has(words, word.partition("=")[0])]
    if "cascade/sweep=size" in words:
        added.append("cascade/early_ranker/size=e1_d8,e2_d8")
    seeds = [] if has(words, "seeds") else ["seeds=[1]"]
    assert run_here(monkeypatch, folder, *words, *added, *seeds) == 0


def train(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_here(monkeypatch, folder, *smaller(line)) == 0


def rankdistill(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_here(monkeypatch, folder, *shlex.split(line)[1:]) == 0


def recommend(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """User 7 of MovieLens is u7 of the made-up data."""
    rankdistill(re.sub(r"\buser=(\d+)$", r"user=u\1", line), folder, monkeypatch)


RUNNERS: dict[str, Callable[[str, Path, pytest.MonkeyPatch], None]] = {
    "make": make,
    "awk": shell,
    "tensorboard": tensorboard,
    "torchrun": compose_only,
    "rankdistill cascade": cascade,
    "rankdistill train": train,
    "rankdistill compare": train,
    "rankdistill tune": train,
    "rankdistill inspect": rankdistill,
    "rankdistill report": rankdistill,
    "rankdistill recommend": recommend,
    "rankdistill export": rankdistill,
    "rankdistill score": rankdistill,
    "rankdistill --help": rankdistill,
}


def run(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = line.split()
    named = " ".join(words[:2]) if words[0] == "rankdistill" else words[0]
    runs_nowhere = [word for word in words if word in ONLY_COMPOSED]
    if "trainer=gpu" in runs_nowhere and torch.cuda.is_available():
        runs_nowhere.remove("trainer=gpu")
    (compose_only if runs_nowhere else RUNNERS[named])(line, folder, monkeypatch)


def run_python(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Execute a block; what it would run in a process of its own runs here."""

    def run_small(arguments, look, progress):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            words = smaller(shlex.join(["rankdistill", *arguments]))
            status = run_here(monkeypatch, folder, *words)
        for line in said.getvalue().splitlines():
            look(line)
        return status, ""

    monkeypatch.setattr("rankdistill.from_python._run", run_small)
    monkeypatch.chdir(folder)
    exec(compile(text, "block", "exec"), {})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_blocks_of_a_document_run_in_order(document, folder, monkeypatch):
    for language, text in blocks(document):
        if language == "bash":
            for line in text.strip().splitlines():
                print(f"$ {line}")
                run(line, folder, monkeypatch)
        elif language == "python":
            print(text)
            run_python(text, folder, monkeypatch)


def test_every_launcher_that_a_document_names_is_installed():
    lines = [line for document in DOCUMENTS for line in commands(document)]
    launchers = {found for line in lines for found in re.findall(r"hydra/launcher=(\w+)", line)}
    assert launchers
    for launcher in launchers:
        composed("train", f"hydra/launcher={launcher}")
