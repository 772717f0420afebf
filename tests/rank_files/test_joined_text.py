import numpy as np
import pytest

from rankdistill.rank_files.joined_text import (
    JoinedText,
    join_text,
    smallest_unsigned,
    split_text,
)


def test_texts_lie_one_after_another_with_a_byte_for_each_length():
    joined = join_text(["ab", "", "c"])
    assert joined.text.tobytes() == b"abc"
    assert joined.lengths.tolist() == [2, 0, 1]
    assert joined.lengths.dtype == np.uint8


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ("",),
        ("1", "196"),
        ("a\nb", "\0", '"'),
        ("Amélie", "千と千尋", "", "🎬"),
        ("x" * 300, "y"),
    ],
)
def test_texts_of_any_characters_come_back(texts):
    assert split_text(join_text(texts)) == texts


def test_lengths_that_do_not_add_up_to_the_text_are_refused():
    text = np.frombuffer(b"abc", np.uint8)
    for lengths in ([2], [2, 2], [2**64 - 1, 4]):
        with pytest.raises(ValueError, match=r"texts of -?\d+ bytes in all, in 3 bytes"):
            split_text(JoinedText(text, np.array(lengths, np.uint64)))


def test_what_is_no_utf8_is_refused():
    with pytest.raises(ValueError, match="utf-8"):
        split_text(JoinedText(np.array([0xC3, 0x28], np.uint8), np.array([2], np.uint8)))


@pytest.mark.parametrize(
    ("largest", "kind"),
    [(0, np.uint8), (255, np.uint8), (256, np.uint16), (2**16, np.uint32), (2**40, np.uint64)],
)
def test_numbers_are_kept_in_the_fewest_bytes(largest, kind):
    kept = smallest_unsigned(np.array([0, largest]))
    assert kept.dtype == kind
    assert kept.tolist() == [0, largest]
