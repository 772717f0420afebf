"""The network that docs/new_network.md adds is built, tested, trained and taught as it stands."""

from __future__ import annotations

import inspect
import shlex
import shutil
import sys
from types import ModuleType

import pytest

from rankdistill import conf_path
from tests.documents import ROOT, blocks
from tests.running import SMALL_DATA, run_here
from tests.test_docs_commands import ONE_EPOCH

DOCUMENT = ROOT / "docs" / "new_network.md"
NETWORK, TEST = (block.text for block in blocks(DOCUMENT) if block.language == "py")
(SETTINGS,) = (block.text for block in blocks(DOCUMENT) if block.language == "yaml")
(COMMANDS,) = (block.text for block in blocks(DOCUMENT) if block.language == "console")


@pytest.fixture
def added(monkeypatch, tmp_path):
    """The house with the files of the document in it."""
    module = ModuleType("rankdistill.backbones.gru4rec")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(NETWORK, "gru4rec.py", "exec"), module.__dict__)
    conf = shutil.copytree(conf_path.conf_dir(), tmp_path / "conf")
    (conf / "backbone" / "gru4rec.yaml").write_text(SETTINGS, "utf-8")
    for user in ("tests.from_conf", "tests.running", "rankdistill.cli"):
        if hasattr(sys.modules.get(user), "conf_dir"):
            monkeypatch.setattr(f"{user}.conf_dir", lambda: conf)


@pytest.mark.usefixtures("added")
def test_its_test_passes():
    names: dict[str, object] = {}
    exec(compile(TEST, "test_gru4rec.py", "exec"), names)
    tests = [test for name, test in names.items() if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        assert inspect.isfunction(test)
        test()


@pytest.mark.slow
@pytest.mark.parametrize("line", COMMANDS.strip().splitlines())
@pytest.mark.usefixtures("added")
def test_its_commands_train(line, monkeypatch, tmp_path):
    _, *words = shlex.split(line)
    little = (*SMALL_DATA, *ONE_EPOCH)
    seeds = ("seeds=[1]",) if "compare" in words else ()
    assert run_here(monkeypatch, tmp_path, *words, *little, *seeds) == 0
