import tomllib
from pathlib import Path

import pytest

from rankdistill import conf_path
from rankdistill.conf_path import conf_dir


def test_conf_is_found_beside_src_in_a_checkout():
    root = Path(__file__).resolve().parents[1]
    assert root / "conf" == conf_dir()
    wheel = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert wheel["targets"]["wheel"]["force-include"] == {"conf": "rankdistill/conf"}


def test_conf_inside_the_package_comes_before_one_beside_it(tmp_path, monkeypatch):
    package = tmp_path / "src" / "rankdistill"
    for folder in (package / "conf", tmp_path / "conf"):
        folder.mkdir(parents=True)
        (folder / "train.yaml").touch()
    monkeypatch.setattr(conf_path, "__file__", str(package / "conf_path.py"))
    assert conf_dir() == package / "conf"
    (package / "conf" / "train.yaml").unlink()
    assert conf_dir() == tmp_path / "conf"
    (tmp_path / "conf" / "train.yaml").unlink()
    with pytest.raises(FileNotFoundError, match="conf/ is neither in"):
        conf_dir()
