import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "rankdistill"
MODULES = sorted(PACKAGE.rglob("*.py"))

LAYERS = (
    {"__init__", "conf_path", "files", "quoting", "system_errors", "terminal", "thread_waits"},
    {"building"},
    {"config", "draws"},
    {"errors", "histories", "kernels", "rank_files", "settings"},
    {"backbones", "data", "evaluation", "losses", "metrics"},
    {"distillation"},
    {"modules"},
    {"stacks"},
    {"runs"},
    {"sweeps"},
    {"tuning"},
    {"serving"},
    {"reporting"},
    {"cascade"},
    {"commands"},
    {"cli", "from_python", "in_process"},
    {"__main__"},
)
"""Rooms and files of the package from the ground up: each may import those of lower layers."""

GROUND = LAYERS[0] | LAYERS[1]
"""Small files without a subject of their own, which every room may use."""

PLAIN_ROOMS = {"backbones", "losses", "metrics", "evaluation"}
"""Rooms that know tensors, arrays and numbers only, contexts (two tensors), and random draws."""

SHARED_NAMES = {
    "logger": "Python's custom",
    "run": "every command starts with it",
}
"""Public names that may stand in several files, each with the reason."""


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


def layer_of(room: str) -> int:
    layers = [number for number, rooms in enumerate(LAYERS) if room in rooms]
    assert layers, f"{room} is a new room: put it into a layer"
    return layers[0]


@pytest.mark.slow
@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_rooms_of_lower_layers(path):
    own = layer_of(room_of(path))
    assert not {room for room in rooms_imported(path) if layer_of(room) >= own}


@pytest.mark.parametrize("room", sorted(PLAIN_ROOMS))
def test_a_plain_room_imports_no_other_room_but_draws_histories_and_kernels(room):
    for path in MODULES:
        if room_of(path) == room:
            assert rooms_imported(path) <= GROUND | {"draws", "histories", "kernels"}, path


def test_distillation_knows_of_data_only_who_has_seen_what():
    for path in (PACKAGE / "distillation").glob("*.py"):
        from_data = {name for name in imported(path) if name.startswith("rankdistill.data.")}
        assert from_data <= {
            "rankdistill.data.interactions.Interactions",
            "rankdistill.data.sampling.UnseenItems",
            "rankdistill.data.seen_items.SeenItems",
        }, path


def test_reporting_knows_only_result_files_and_what_sweeps_reads_from_them():
    for path in (PACKAGE / "reporting").glob("*.py"):
        assert rooms_imported(path) <= {"files", "quoting", "sweeps"}, path


@pytest.mark.slow
def test_nothing_but_the_way_in_from_python_imports_commands():
    for path in MODULES:
        if room_of(path) not in {"commands", "in_process"}:
            assert "commands" not in rooms_imported(path), path


@pytest.mark.slow
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


@pytest.mark.parametrize("name", ["__init__", "__main__", "building", "cli", "conf_path", "errors"])
def test_what_help_needs_imports_nothing_heavy(name):
    heavy = {"torch", "pytorch_lightning", "torchmetrics", "hydra", "omegaconf", "numpy", "polars"}
    packages = {
        full.split(".")[0] for full in imported(PACKAGE / f"{name}.py", top_level_only=True)
    }
    assert not packages & heavy


@pytest.mark.slow
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


@pytest.mark.slow
def test_every_file_says_first_what_it_is_for():
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert not text or ast.get_docstring(ast.parse(text)), path


def public_names(path: Path) -> set[str]:
    """Names of the functions, classes and constants that a file defines."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            parts = [part for target in targets for part in ast.walk(target)]
            names |= {part.id for part in parts if isinstance(part, ast.Name)}
    return {name for name in names if not name.startswith("_")}


@pytest.mark.slow
def test_a_public_name_means_one_thing():
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for name in public_names(path):
            places.setdefault(name, []).append(str(path.relative_to(PACKAGE)))
    shared = {name: files for name, files in places.items() if len(files) > 1}
    assert {name: shared[name] for name in shared.keys() - SHARED_NAMES.keys()} == {}


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


@pytest.mark.slow
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


WITHOUT_A_TEST_FILE = {
    "distillation/interface.py": "protocols, and a base without a body",
    "cascade/model_names.py": "two constants",
    "cascade/data/item_features.py": "a dataclass without a method",
    "cascade/data/vocabulary.py": "a named tuple",
    "cascade/networks/cut_aim.py": "a named tuple",
}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_has_a_test_file_of_its_name(path):
    own = path.relative_to(PACKAGE)
    if path.name in {"__init__.py", "__main__.py"} or own.as_posix() in WITHOUT_A_TEST_FILE:
        return
    assert (ROOT / "tests" / own.parent / f"test_{path.name}").is_file()
