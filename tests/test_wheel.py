import os
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.running import SMALL

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow


def run(*command, folder):
    """A finished process, with nothing in its environment that leads back to the checkout."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "HYDRA_FULL_ERROR", "VIRTUAL_ENV"}
    }
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**environment, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built without any network."""
    folder = tmp_path_factory.mktemp("dist")
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    run(sys.executable, *build, ROOT, folder=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of a fresh environment's programs: the wheel, and our own dependencies lent."""
    environment = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", environment, folder=environment.parent)
    (packages,) = environment.glob("lib/python*/site-packages")
    programs = environment / "bin"
    pip = ("-m", "pip", "--python", programs / "python", "install", "--quiet")
    run(sys.executable, *pip, "--no-deps", "--no-index", wheel, folder=environment.parent)
    # A .pth file of paths alone: those in the lent folders, such as an editable install's, are
    # not read, so that `rankdistill` can only be the wheel's.
    lent = "\n".join(path for path in site.getsitepackages() if Path(path).is_dir())
    (packages / "lent.pth").write_text(lent + "\n")
    return programs


def test_the_wheel_ships_the_configuration_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {name for name in names if name.startswith("rankdistill/conf/")}
    ours = {path.relative_to(ROOT / "conf").as_posix() for path in (ROOT / "conf").rglob("*.yaml")}
    assert shipped == {f"rankdistill/conf/{name}" for name in ours}
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"rankdistill", "hydra_plugins"}
    # Hydra's plugins share that folder: a file like __init__.py of ours would hide the others.
    plugins = {name for name in names if name.startswith("hydra_plugins/")}
    assert plugins == {
        "hydra_plugins/rankdistill_launcher.py",
        "hydra_plugins/rankdistill_sweeper.py",
    }


def test_the_installed_program_is_the_wheels_and_finds_its_own_configuration(installed, tmp_path):
    code = (
        "import rankdistill; from rankdistill.conf_path import conf_dir; "
        "print(rankdistill.__file__); print(conf_dir())"
    )
    module, conf = run(installed / "python", "-c", code, folder=tmp_path).split()
    environment = installed.parent
    assert Path(module).is_relative_to(environment)
    assert Path(conf).is_relative_to(environment)
    assert "examples:" in run(installed / "rankdistill", "--help", folder=tmp_path)


def test_the_installed_program_trains_sweeps_and_reports_from_another_folder(installed, tmp_path):
    grid = ["-m", *SMALL, "module=student", "trainer.max_epochs=1", "size=d2,d4"]
    said = run(installed / "rankdistill", "train", *grid, folder=tmp_path)
    assert "2 ok (0 of them skipped: finished before), 0 failed" in said
    assert len(list(tmp_path.glob("outputs/sweeps/*/size-d*/metrics.json"))) == 2
    assert list(tmp_path.glob("outputs/sweeps/*/report.html"))
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]
