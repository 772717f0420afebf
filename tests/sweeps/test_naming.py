import pytest

from rankdistill.sweeps.naming import LONGEST, name_of


def test_a_plain_override_names_its_folder_as_it_was_typed():
    assert name_of(["size=d2", "sharpness.lambda_=0.5"]) == "size=d2,sharpness.lambda_=0.5"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("distillation=[ranking,topology]", "distillation=[ranking;topology]"),
        ("data.path=/a/b", "data.path=/a_b"),
        ("data.path=a b", "data.path=a_b"),
        ("x=ä", "x=_"),
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


def test_the_comma_between_parts_is_no_part_of_a_value():
    assert name_of(["a=1", "b=2"]) != name_of(["a=1,b=2"])
