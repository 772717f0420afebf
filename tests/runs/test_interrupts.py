import signal
import threading

import pytest

from rankdistill.runs.interrupts import InterruptBetweenBatches


class EarlierHandlerCalledError(Exception):
    """Raised by the handler that was there before the fit."""


def act_at_once(*_):
    raise EarlierHandlerCalledError


@pytest.fixture(autouse=True)
def earlier_handler():
    """A handler of Ctrl-C that can be told from the callback's, and ends no test run."""
    found = signal.signal(signal.SIGINT, act_at_once)
    yield act_at_once
    signal.signal(signal.SIGINT, found)


def begun():
    callback = InterruptBetweenBatches()
    callback.on_fit_start(None, None)
    return callback


@pytest.mark.parametrize("begin_batch", ["on_train_batch_start", "on_validation_batch_start"])
def test_ctrl_c_waits_for_the_next_batch(begin_batch):
    callback = begun()
    getattr(callback, begin_batch)(None, None, None, 0)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        getattr(callback, begin_batch)(None, None, None, 1)


def test_a_second_ctrl_c_acts_at_once():
    begun()
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(EarlierHandlerCalledError):
        signal.raise_signal(signal.SIGINT)


def test_the_earlier_handler_is_back_however_a_fit_ends(earlier_handler):
    for end in (
        lambda callback: callback.on_fit_end(None, None),
        lambda callback: callback.on_exception(None, None, ValueError()),
    ):
        callback = begun()
        assert signal.getsignal(signal.SIGINT) is not earlier_handler
        end(callback)
        assert signal.getsignal(signal.SIGINT) is earlier_handler


def test_the_next_fit_forgets_an_earlier_ctrl_c():
    callback = begun()
    signal.raise_signal(signal.SIGINT)
    callback.on_fit_end(None, None)
    callback.on_fit_start(None, None)
    try:
        callback.on_train_batch_start(None, None, None, 0)
    except KeyboardInterrupt:
        pytest.fail("the earlier Ctrl-C stops the new fit")


def test_outside_the_main_thread_the_handler_stays_as_it_is(earlier_handler):
    thread = threading.Thread(target=begun)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is earlier_handler
