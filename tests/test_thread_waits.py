"""Threads that wait for each other leave their core to whoever needs it."""

import os
import subprocess
import sys

import pytest

from rankdistill import cli
from rankdistill.thread_waits import WAIT_POLICY, let_waiting_threads_sleep
from tests.running import environment


def test_waiting_threads_sleep_where_the_user_says_nothing_else(monkeypatch):
    monkeypatch.setenv(WAIT_POLICY, "")  # what a test sets is undone at its end
    monkeypatch.delenv(WAIT_POLICY)
    let_waiting_threads_sleep()
    assert os.environ[WAIT_POLICY] == "PASSIVE"
    monkeypatch.setenv(WAIT_POLICY, "ACTIVE")
    let_waiting_threads_sleep()
    assert os.environ[WAIT_POLICY] == "ACTIVE"


def test_the_program_says_so_before_it_does_anything(monkeypatch, capsys):
    monkeypatch.setenv(WAIT_POLICY, "")  # what a test sets is undone at its end
    monkeypatch.delenv(WAIT_POLICY)
    monkeypatch.setattr(sys, "argv", ["rankdistill", "--version"])
    cli.main()
    assert os.environ[WAIT_POLICY] == "PASSIVE"
    assert capsys.readouterr().out.startswith("rankdistill ")


@pytest.mark.slow
def test_torch_is_not_loaded_before_it_is_said(tmp_path):
    code = "import sys, rankdistill.cli; print('torch' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "False"
