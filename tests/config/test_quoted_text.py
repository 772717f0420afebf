import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given
from hypothesis import strategies as st

from rankdistill.config.quoted_text import quoted


def read(text: str) -> object:
    return OverridesParser.create().parse_override(f"key={text}").value()


@pytest.mark.parametrize("mark", ["'", '"'])
@given(text=st.text(st.sampled_from("ab\\'\" ,=()[]{}:é\t\n1_~#*"), max_size=12))
@example(text="")
@example(text="it's")
@example(text="C:\\orders\\")
@example(text="\\'\\\\\"")
@example(text="caf\udce9")
def test_hydra_reads_quoted_text_as_it_was(mark, text):
    assert read(quoted(text, mark)) == text


def test_quotes_are_as_in_the_examples():
    assert quoted("it's") == r"'it\'s'"
    assert quoted("a\\") == r"'a\\'"
    assert quoted("a\\b") == r"'a\b'"
    assert quoted("it's", '"') == '"it\'s"'
