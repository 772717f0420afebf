"""Every command that the README shows is run, on made-up data and for one epoch."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.commands.cascading import tiny
from tests.running import SMALL_DATA, environment, program, run_apart, run_here

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", README, flags=re.S)
COMMANDS = [line for block in BLOCKS for line in block.strip().splitlines()]
TUNING = [line for line in COMMANDS if "rankdistill tune" in line or "--config-dir" in line]
TRAINING = [
    line
    for line in COMMANDS
    if re.match(r"(rankdistill (train|compare)|torchrun)", line) and line not in TUNING
]
CASCADES = [line for line in COMMANDS if line.startswith("rankdistill cascade")]
SMOKE = ("trainer.max_epochs=1", "trainer.progress=false", "trainer.threads=1")
SLOW = ("ddp", "torchrun", "joblib", "submitit")
ONE_OF_EACH = ("size=d2", "sharpness=paper", "top_k=k10", "seed.initialization=1")
"""What makes the great grid small."""

pytestmark = pytest.mark.slow


def smaller(line: str) -> list[str]:
    """The command as a list, on little made-up data where it names none of its own."""
    words = shlex.split(line)
    if "--cfg" in words:
        return words
    words += SMOKE if "trainer=" not in line else SMOKE[:2]
    words = [re.sub(r"^seeds=.*", "seeds=[1]", word) for word in words]
    words += ONE_OF_EACH if "sweep=full_grid" in words else ()
    return words if "data=" in line else [*words, *SMALL_DATA]


@pytest.fixture
def folder(tmp_path):
    """A folder with the files that the README's examples name."""
    pairs = [
        (f"u{u}", f"i{(u * 7 + k * (u % 3 + 1)) % 61}", k) for u in range(60) for k in range(20)
    ]
    header = {"my.tsv": ("user\titem", "\t"), "my.csv": ("customer,sku,time", ",")}
    for name, (columns, separator) in header.items():
        width = columns.count(separator) + 1
        rows = [separator.join(map(str, pair[:width])) for pair in pairs]
        (tmp_path / name).write_text("\n".join([columns, *rows]) + "\n")
    for part, name in enumerate(("train.tsv", "valid.tsv", "test.tsv")):
        rows = [f"{u}\t{i}" for u, i, k in pairs if min(max(k - 17, 0), 2) == part]
        (tmp_path / name).write_text("\n".join(["user\titem", *rows]) + "\n")
    return tmp_path


def test_the_readme_shows_commands_of_every_kind():
    assert len(TRAINING) > 10
    assert {"make demo", "make test"} <= set(COMMANDS)


@pytest.mark.parametrize("line", [c for c in COMMANDS if c.startswith("make ")])
def test_every_make_target_exists(line):
    assert re.search(rf"^{line.split()[1]}:", (ROOT / "Makefile").read_text(), flags=re.M)


@pytest.mark.parametrize("line", [c for c in TRAINING if not any(s in c for s in SLOW)])
def test_a_training_command_of_the_readme_runs(line, folder, monkeypatch):
    if "trainer=gpu" in line and not torch.cuda.is_available():
        pytest.skip("no GPU here")
    assert run_here(monkeypatch, folder, *smaller(line)[1:]) == 0


@pytest.mark.parametrize("line", CASCADES)
def test_a_cascade_of_the_readme_runs(line, folder, monkeypatch):
    words = [re.sub(r"^seeds=.*", "seeds=[1]", word) for word in shlex.split(line)[1:]]
    chosen = {word.partition("=")[0] for word in words}
    little = [word for word in tiny(folder) if word.partition("=")[0] not in chosen]
    if "cascade/sweep=size" in chosen | set(words):
        little = [*little, "cascade/early_ranker/size=e1_d8,e2_d8"]
    assert run_here(monkeypatch, folder, *words, *little) == 0


@pytest.mark.parametrize("line", [c for c in TRAINING if any(s in c for s in SLOW)])
def test_a_command_of_several_processes_runs(line, folder):
    first, *rest = smaller(line)
    command = [str(program().with_name(first)), *rest]
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_recommendation_and_the_export_of_the_readme_run(folder):
    recommend, export = (
        next(c for c in COMMANDS if c.startswith(f"rankdistill {command} "))
        for command in ("recommend", "export")
    )
    where = "hydra.run.dir=outputs/example"
    assert run_apart(folder, "train", "module=student", *SMOKE, *SMALL_DATA, where).returncode == 0
    words = [re.sub(r"^user=.*", "user=u3", word) for word in shlex.split(recommend)[1:]]
    done = run_apart(folder, *words)
    assert done.returncode == 0, done.stderr
    assert "Synthetic item" in done.stdout
    done = run_apart(folder, *shlex.split(export)[1:])
    assert done.returncode == 0, done.stderr
    assert (folder / "outputs/example/small.pt").is_file()


def test_a_study_of_the_readme_ends_in_an_experiment_that_can_be_compared(folder, monkeypatch):
    tune, compare = TUNING
    enough_for_the_space = ("data.num_items=300", "data.num_interactions=4000")
    words = [re.sub(r"^n_trials=.*", "n_trials=2", word) for word in smaller(tune)]
    assert run_here(monkeypatch, folder, *words[1:], *enough_for_the_space) == 0
    words = [*smaller(compare)[1:], *enough_for_the_space, "seeds=[1]"]
    assert run_here(monkeypatch, folder, *words) == 0


def test_the_report_of_the_readme_is_written_with_the_baseline_that_it_names(folder, monkeypatch):
    (command,) = (line for line in COMMANDS if line.startswith("rankdistill report "))
    words = shlex.split(command)[1:]
    grid = ["-m", "weighting=uniform,hybrid", f"hydra.sweep.dir={words[1]}"]
    settings = [*SMOKE, *SMALL_DATA, "size=d2", *grid]
    assert run_here(monkeypatch, folder, "train", *settings) == 0
    assert run_here(monkeypatch, folder, *words) == 0
    assert "weighting=uniform" in (folder / words[1] / "report.md").read_text()


def test_the_notebook_of_the_readme_calls_what_there_is():
    import rankdistill

    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.S)
    for name in re.findall(r"rankdistill\.(\w+)\(", code):
        assert callable(getattr(rankdistill, name))


def test_help_runs_and_tensorboard_is_installed(folder):
    assert run_apart(folder, "--help").returncode == 0
    assert program().with_name("tensorboard").exists()
    assert sys.version_info >= (3, 11)


def test_every_file_and_experiment_that_the_readme_names_exists():
    for path in re.findall(r"`((?:benchmarks|conf|src)/[\w/.]+)`", README):
        assert (ROOT / path).exists(), path
    made_by_tuning = {name for line in TUNING for name in re.findall(r"study=(\w+)", line)}
    for name in set(re.findall(r"experiment=(\w+)", README)) - made_by_tuning:
        assert (ROOT / "conf" / "experiment" / f"{name}.yaml").exists(), name
