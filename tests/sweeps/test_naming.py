import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from rankdistill.sweeps.naming import LONGEST, former_name_of, name_of


def test_overrides_name_their_folder():
    assert name_of(["size=d2", "sharpness.lambda_=0.5"]) == "size-d2+sharpness.lambda_-0.5"
    assert name_of(["+ranking_loss.tau=1e+30", "size@teacher=d4"]) == (
        "ranking_loss.tau-1e+30+size@teacher-d4"
    )


def test_the_names_of_version_0_1_are_known():
    assert former_name_of(["size=d2", "weighting=hybrid"]) == "size=d2,weighting=hybrid"
    assert former_name_of(["data.path=/a/b"]) == "data.path=_a_b-e6aff856"


@pytest.mark.slow
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=4))
def test_a_name_needs_no_quotes_in_a_shell_or_in_hydra(parts):
    name = name_of(parts)
    assert shlex.quote(name) == name
    path = f"outputs/sweeps/{name}/model.ckpt"
    assert OverridesParser.create().parse_override(f"checkpoint={path}").value() == path


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("distillation=[ranking,topology]", "distillation=[ranking;topology]"),
        ("data.path=/a/b", "data.path=/a_b"),
        ("data.path=a b", "data.path=a_b"),
        ("x=ä", "x=_"),
        ("x=~a", "x=a"),
        ("x=a=b", "x=a-b"),
        ("x=a+y-b", "x=a_y-b"),
        ("++x=a", "+x=a"),
        (f"x={'a' * 300}b", f"x={'a' * 300}c"),
    ],
)
def test_names_that_would_read_the_same_differ(one, other):
    assert name_of([one]) != name_of([other])


@pytest.mark.parametrize("part", ["a/b", "..", ".hidden", "x" * 1000, "a'b", "a\nb", "a$b"])
def test_every_name_is_one_plain_folder_of_bounded_length(part):
    name = name_of([part])
    assert len(name) <= LONGEST
    assert not name.startswith(".")
    assert not set(name) & set("/\\'\"$\n ")


def test_what_stands_between_parts_is_no_part_of_a_value():
    assert name_of(["a=1", "b=2"]) != name_of(["a=1,b=2"])
    assert name_of(["a=1", "b=2"]) != name_of(["a=1+b=2"])
    assert name_of(["a=1", "b=2"]) != name_of(["a=1+b-2"])
