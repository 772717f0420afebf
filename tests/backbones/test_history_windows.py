import pytest
import torch

from rankdistill.backbones.history_windows import HistoryWindows
from rankdistill.histories.contexts import Contexts

LENGTHS = [5, 0, 1, 7]
OFFSETS = torch.tensor([0, 5, 5, 6, 13])
ITEMS = torch.arange(100, 113)


def contexts(users, ends):
    return Contexts(torch.tensor(users), torch.tensor(ends))


def windows_of(users, ends, length):
    return HistoryWindows(OFFSETS, ITEMS, contexts(users, ends), length)


def read_by(windows, user, end):
    """The items that a context reads, by a slow loop over the packed entries."""
    (entry,) = windows.entries_of(contexts([user], [end])).tolist()
    if entry < 0:
        return []
    first = entry - int(windows.rows.positions[entry])
    return windows.items[first : entry + 1].tolist()


def every_context():
    pairs = [(user, end) for user, count in enumerate(LENGTHS) for end in range(count + 1)]
    return [list(column) for column in zip(*pairs, strict=True)]


@pytest.mark.parametrize("length", [1, 2, 3, 5, 100])
def test_a_context_reads_its_window_up_to_its_end(length):
    users, ends = every_context()
    windows = windows_of(users, ends, length)
    for user, end in zip(users, ends, strict=True):
        history = ITEMS[OFFSETS[user] : OFFSETS[user + 1]].tolist()
        start = len(history) - (length if end == len(history) else length + 1)
        while start >= end > 0:
            start -= length
        assert read_by(windows, user, end) == history[max(start, 0) : end]


def test_a_whole_history_is_read_by_its_last_items():
    windows = HistoryWindows(OFFSETS, ITEMS, Contexts(torch.tensor([3, 0])), 3)
    assert read_by(windows, 3, 7) == [110, 111, 112]
    assert read_by(windows, 0, 5) == [102, 103, 104]


def test_what_a_context_reads_does_not_depend_on_the_others():
    users, ends = every_context()
    together = windows_of(users, ends, 3)
    for user, end in zip(users, ends, strict=True):
        alone = windows_of([user], [end], 3)
        assert read_by(alone, user, end) == read_by(together, user, end)
        assert len(alone.items) == len(read_by(alone, user, end))


def test_contexts_of_one_window_are_packed_once():
    windows = windows_of([3, 3, 3, 0, 3], [6, 5, 3, 4, 6], 4)
    assert sorted(windows.items.tolist()) == [100, 101, 102, 103, 108, 109, 110, 111]


def test_all_that_foretells_one_of_the_last_items_is_one_window():
    windows = windows_of([3] * 4, [3, 4, 5, 6], 4)
    assert windows.items.tolist() == [108, 109, 110, 111]


def test_contexts_without_items_are_packed_as_nothing():
    windows = windows_of([1, 0], [0, 0], 4)
    assert len(windows.items) == 0
    assert windows.entries_of(contexts([1, 0], [0, 0])).tolist() == [-1, -1]
