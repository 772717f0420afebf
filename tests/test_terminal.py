import signal
import subprocess
import sys

import pytest

from rankdistill import terminal
from tests.running import SMALL, environment, run_here

PROGRAM = [sys.executable, "-m", "rankdistill"]

INTERRUPTED_AT_AN_IMPORT = """
import os, signal, sys
from rankdistill import cli

moment = sys.argv.pop(1)

class CtrlC:
    def find_spec(self, name, path, target=None):
        if name == moment:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, CtrlC())
cli.main()
"""

MOMENTS = [
    *("hydra", "omegaconf", "antlr4", "yaml", "hydra.core.plugins", "hydra.core.config_store"),
    *("rankdistill.config.allowances", "rankdistill.config.literal_text"),
    *("hydra._internal.hydra", "rankdistill.commands.train", "torch"),
]


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_while_modules_are_imported_is_one_line(moment, tmp_path):
    arguments = [moment, "train", *SMALL, "module=student"]
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT_AN_IMPORT, *arguments],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (130, "")
    assert ran.stderr == f"rankdistill: {terminal.INTERRUPTED}\n"
    assert not list(tmp_path.rglob("*.ckpt"))


@pytest.fixture
def handled_by_python():
    """Handle Ctrl-C as a fresh program does, whatever earlier tests have left."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("handled_by_python")
def test_ctrl_c_is_handled_as_before_once_work_begins_and_after_the_end(tmp_path, monkeypatch):
    terminal.stop_at_once()
    assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    terminal.work_begins()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    run_here(monkeypatch, tmp_path, "--version")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_ignores_ctrl_c_goes_on_ignoring_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        terminal.stop_at_once()
        terminal.work_begins()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["help"], ["-h"], ["--help"], ["--version"]),
        *([command, "--help"] for command in ("train", "compare", "tune", "cascade", "recommend")),
        ["train", "--cfg", "job"],
    ],
)
def test_a_reader_that_has_gone_is_met_with_silence(arguments, tmp_path):
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait() == 128 + signal.SIGPIPE


LIST_OF_TITLES = """
from rankdistill import terminal
terminal.write_what_it_can()
print("Amélie (2001) 天空の城")
"""


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [
        ("ascii", "Am?lie (2001) ????"),
        ("us-ascii", "Am?lie (2001) ????"),
        ("latin-1", "Amélie (2001) ????"),
        ("iso8859-15", "Amélie (2001) ????"),
        ("cp1252", "Amélie (2001) ????"),
        ("cp437", "Amélie (2001) ????"),
        ("cp1251", "Am?lie (2001) ????"),
        ("koi8-r", "Am?lie (2001) ????"),
        ("shift_jis", "Am?lie (2001) 天空の城"),
        ("utf-8", "Amélie (2001) 天空の城"),
    ],
)
def test_characters_that_a_terminal_lacks_are_question_marks(encoding, printed):
    ran = subprocess.run(
        [sys.executable, "-c", LIST_OF_TITLES],
        env=environment(PYTHONIOENCODING=encoding),
        capture_output=True,
        check=True,
    )
    assert ran.stdout.decode(encoding).strip() == printed
