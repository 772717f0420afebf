"""Traits are read from both forms of a users file, and a bad line is named."""

import numpy as np
import pytest
from tests.data.made_up_releases import USERS, users_text

from rankdistill.data.movielens_users import User, parse_users, traits_of
from rankdistill.data.releases import RELEASES


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("ml-100k", "4|30|M|writer", "has 4 fields where 5 are expected."),
        ("ml-100k", "nonsense", "has 1 field where 5 are expected."),
        ("ml-100k", "x|30|M|writer|1", "has the user 'x', which is not a whole number."),
        ("ml-100k", "4|old|M|writer|1", "has the age 'old', which is not a whole number."),
        ("ml-100k", "4|30|X|writer|1", "has the gender 'X' where F or M is expected."),
        ("ml-100k", "4|30|M||1", "has no occupation: the field is empty."),
        ("ml-1m", "4::M::35::21::1", "has the occupation '21', not a code from 0 to 20."),
        ("ml-1m", "4::M::35::writer::1", "has the occupation 'writer', not a code from 0 to 20."),
        ("ml-1m", "4::35::M::20::1", "has the age 'M', which is not a whole number."),
    ],
)
def test_a_bad_line_of_a_users_file_is_named(name, line, message):
    good = "1|24|M|writer|85711" if name == "ml-100k" else "1::F::1::10::48067"
    with pytest.raises(ValueError, match="Line 2 of") as caught:
        parse_users(f"{good}\n{line}\n".encode(), RELEASES[name], "the users")
    assert str(caught.value) == f"Line 2 of the users {message}"


@pytest.mark.parametrize("name", ["ml-100k", "ml-1m"])
def test_both_forms_of_a_users_file_give_the_users_that_were_written(name):
    assert parse_users(users_text(name), RELEASES[name], "the users") == USERS


def test_blank_lines_and_windows_line_ends_are_passed_over():
    text = b"1|24|M|writer|85711\r\n\r\n \n2|53|F|other|94043\r\n"
    users = parse_users(text, RELEASES["ml-100k"], "the users")
    assert users == {1: User(24, "M", "writer"), 2: User(53, "F", "other")}


def test_traits_follow_the_order_of_our_ids_and_an_unknown_user_has_none():
    traits = traits_of([9, 4, 7], {7: User(35, "F", "artist"), 9: User(18, "M", "lawyer")})
    assert traits.ages.tolist() == [18, 0, 35]
    assert traits.ages.dtype == np.int64
    assert traits.genders.tolist() == ["M", "", "F"]
    assert traits.occupations.tolist() == ["lawyer", "", "artist"]
