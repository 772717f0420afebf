import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "rankdistill"
MODULES = sorted(PACKAGE.rglob("*.py"))

ANYBODY = {"__init__", "building", "files", "quoting"}
"""Small modules without a subject of their own, which every room may use."""

PLAIN_ROOMS = {"backbones", "losses", "metrics", "evaluation"}
"""Rooms that know nothing of each other: tensors, arrays and numbers only."""

ALLOWED = {
    **{room: {"kernels"} for room in PLAIN_ROOMS},
    "kernels": set(),
    "data": {"kernels"},
    "distillation": {"data", "kernels"},  # of data Interactions alone, see below
    "modules": {"backbones", "kernels", "losses", "metrics", "distillation", "data"},
    "runs": {"config", "backbones", "kernels", "modules", "data", "distillation"},
    "tuning": {"conf_path", "config", "data", "errors", "modules", "runs"},
    "sweeps": {"conf_path", "config", "reporting", "runs"},
    "reporting": set(),
    "cascade": {"config", "data", "evaluation", "modules", "reporting", "runs"},
    "config": {"conf_path"},
    "conf_path": set(),
    "errors": {"conf_path", "config"},
    "building": set(),
    "files": set(),
    "quoting": set(),
    "__init__": set(),
    "from_python": {"sweeps"},
    "__main__": {"cli"},
    "cli": {"conf_path", "config", "errors", "sweeps"},
    "commands": {
        "backbones",
        "cascade",
        "conf_path",
        "config",
        "data",
        "distillation",
        "errors",
        "evaluation",
        "metrics",
        "modules",
        "reporting",
        "runs",
        "sweeps",
        "tuning",
    },
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path, top_level_only: bool = False) -> set[str]:
    """Full names of the modules that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            assert node.module is not None
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def rooms_imported(path: Path) -> set[str]:
    own = {name.split(".")[1:][0] for name in imported(path) if name.startswith("rankdistill.")}
    return {"__init__" if name == "__version__" else name for name in own} - {room_of(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_the_rooms_below_it(path):
    room = room_of(path)
    assert room in ALLOWED, f"{room} is a new room: say what it may import"
    assert rooms_imported(path) - ANYBODY <= ALLOWED[room]


def test_distillation_knows_of_data_only_who_has_seen_what():
    for path in (PACKAGE / "distillation").glob("*.py"):
        from_data = {name for name in imported(path) if name.startswith("rankdistill.data.")}
        assert from_data <= {
            "rankdistill.data.interactions.Interactions",
            "rankdistill.data.sampling.UnseenItems",
            "rankdistill.data.seen_items.SeenItems",
        }, path


def test_reporting_reads_result_files_and_nothing_of_the_program():
    for path in (PACKAGE / "reporting").glob("*.py"):
        others = {
            name.split(".")[1]
            for name in imported(path)
            if name.startswith("rankdistill.") and not name.startswith("rankdistill.reporting.")
        }
        assert others <= {"files", "quoting"}, path


def test_nothing_imports_commands():
    for path in MODULES:
        if room_of(path) != "commands":
            assert "commands" not in rooms_imported(path), path


def test_the_house_does_not_know_the_cascade_its_command_aside():
    for path in MODULES:
        if "cascade" in rooms_imported(path):
            assert path == PACKAGE / "commands" / "cascade.py", path


CASCADE_PARTS = ["config", "model_names", "data", "networks", "modules", "evaluation", "runs"]
"""Parts of the cascade: each may import those before it. Its reports stand apart."""


def test_the_parts_of_the_cascade_import_only_those_before_them():
    for path in (PACKAGE / "cascade").rglob("*.py"):
        part = path.relative_to(PACKAGE / "cascade").parts[0].removesuffix(".py")
        own = {n.split(".")[2] for n in imported(path) if n.startswith("rankdistill.cascade.")}
        if part == "reporting":
            assert own <= {"reporting", "model_names"}, path
        elif part == "config":
            assert own <= {"data"}, path
        elif part != "__init__":
            assert own <= set(CASCADE_PARTS[: CASCADE_PARTS.index(part) + 1]), path


def test_rooms_do_not_import_each_other_in_a_circle():
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        graph.setdefault(room_of(path), set()).update(rooms_imported(path))

    def walk(room, trail):
        assert room not in trail, " -> ".join([*trail, room])
        for other in graph.get(room, ()):
            walk(other, [*trail, room])

    for room in graph:
        walk(room, [])


@pytest.mark.parametrize("name", ["__init__", "__main__", "building", "cli", "conf_path", "errors"])
def test_what_help_needs_imports_nothing_heavy(name):
    heavy = {"torch", "pytorch_lightning", "torchmetrics", "hydra", "omegaconf", "numpy", "polars"}
    packages = {
        full.split(".")[0] for full in imported(PACKAGE / f"{name}.py", top_level_only=True)
    }
    assert not packages & heavy


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_kernels_make_gradients_by_hand_or_ask_what_device_they_run_on(path):
    if room_of(path) == "kernels":
        return
    names = imported(path)
    assert "rankdistill.kernels.placement.on_cpu" not in names
    assert not {name for name in names if name.startswith("torch.autograd.function")}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base) for base in node.bases}
            assert not bases & {"torch.autograd.Function", "autograd.Function", "Function"}
        if isinstance(node, ast.Compare):
            for side in map(ast.unparse, (node.left, *node.comparators)):
                assert not side.endswith(("device.type", ".is_cuda", ".is_cpu")), side


def test_every_file_says_first_what_it_is_for():
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert not text or ast.get_docstring(ast.parse(text)), path


def test_no_file_is_a_box_of_this_and_that():
    vague = {"utils", "util", "helpers", "common", "misc", "base"}
    assert not [path for path in MODULES if path.stem in vague]


def project_files() -> list[Path]:
    folders = ("src", "conf", "tests", "benchmarks", "docs", ".ci")
    tops = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    inside = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    kinds = {".py", ".yaml", ".toml", ".md", ".txt", "", ".json"}
    return [
        path
        for path in (*tops, *inside)
        if path.is_file() and path.suffix in kinds and "__pycache__" not in path.parts
    ]


def test_no_file_names_a_path_of_somebodys_machine():
    homes = re.compile(r"(?<![\w.])/(?:home|Users|root|mnt|work|tmp|var)/\w")
    for path in project_files():
        if path == Path(__file__).resolve():
            continue
        found = homes.findall(path.read_text(encoding="utf-8", errors="ignore"))
        assert not found, f"{path.relative_to(ROOT)}: {found}"


def test_the_console_script_is_the_programs_entry_point():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"rankdistill": "rankdistill.cli:main"}
    assert "pytorch-lightning>=2.6.4" in project["dependencies"], "2.6.2 and 2.6.3 were malicious"
