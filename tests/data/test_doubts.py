"""A file is looked at before it is believed: each of these used to become users or to lose rows."""

import logging

import pytest
from tests.data.made_sources import delimited

ROWS = [(f"u{row % 7}", f"i{row % 5}", 100 + row) for row in range(60)]
NUMBERS = [(3 * row + 5, row % 7) for row in range(60)]


def lines(rows, separator=","):
    return "".join(separator.join(map(str, row)) + "\n" for row in rows)


def indexed(rows):
    return [(number, *row) for number, row in enumerate(rows)]


def load(tmp_path, text, **options):
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    return delimited(path=path, **options).load()


HEADER = "user,item,t\n"
NO_HEADER = {"header": False}


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (",who,film,t\n" + lines(indexed(ROWS)), {}, "no name.*user_column=who data.item_column=f"),
        ("Unnamed: 0,who,film,t\n" + lines(indexed(ROWS)), {}, "no name: it looks like the index"),
        ("n,who,film,t\n" + lines(indexed(ROWS)), {}, "column .0. .* counts the rows"),
        (lines(indexed(ROWS)), NO_HEADER, "counts the rows.*user_column=1 data.item_column=2"),
        (lines(ROWS), {}, "Line 1 of .* reads u0, i0, 100: data.*data.header=false"),
        (lines(row[:2] for row in ROWS), {}, "Line 1 .* reads u0, i0: data.*data.header=false"),
        ("u99,i99\n" + lines(row[:2] for row in ROWS), {}, "Line 1 .* reads u99, i99: data"),
        (lines(NUMBERS), {}, "Line 1 of .* reads 5, 0: data.*data.header=false"),
        ("# orders\n" + lines(NUMBERS), {}, "Line 2 of .* reads 5, 0: data"),
        (2 * (HEADER + lines(ROWS)), {}, "Line 62 of .* repeats the header"),
        (2 * (HEADER + lines(ROWS)), {"timestamp_column": 2}, "Line 62 of .* repeats the header"),
        (HEADER + lines(ROWS) + "# end\n", {}, "Line 62 .* 1 field.*is it a comment"),
        ("user,item\na,x\nnan,y\nb,nan\n", {}, "Line 3 .* user nan, .* missing value"),
        ("user,item\na,x\nb,NULL\nc,NULL\n", {}, "Line 3 .* item NULL, .*2 rows have none"),
        ("user,item\na,x\n\\N,y\n", {}, r"Line 3 .* user \\N, which stands for a missing"),
        ("user,item\na,x\nNone,y\n", {}, "Line 3 .* user None"),
        ("user,item\na,x\n<NA>,y\n", {}, "Line 3 .* user <NA>"),
        ("user,item\na,x\nb\0,y\n", {}, "Line 3 of .* holds a NUL character"),
        ("0 1 2 3 4\n1 5 6\n2 7\n", NO_HEADER, "Line 2 of .* this is an adjacency list"),
        ("0 1 2 3\n1 5 6 2\n2 7 4 5\n", NO_HEADER, "each user once .* an adjacency list"),
        ('user,item\na,5" screen\nb,y\n', {}, "Line 2 of .* has a stray quote"),
        ('user,item\na,x\nb,"y\nc,z\n', {}, "Line 3 of .* has a stray quote"),
        ('user,item,n\na,x,"so "good" it"\nb,y,\n', {}, "Line 2 of .* has a stray quote"),
        ('user,item\na,"x\ny"\nb,y\n', {}, "Lines 2 to 3 .* one quoted field of the item column"),
        ("user\na\nb\n", {}, "Line 1 of .* shows no separator: 'user'.*data.separator="),
    ],
)
def test_what_is_no_user_or_item_is_told_in_one_line(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        load(tmp_path, text, **options)
    assert "\n" not in str(caught.value)
    assert "orders.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "options", "first_user", "num_pairs"),
    [
        ("sep=;\n" + HEADER.replace(",", ";") + lines(ROWS, ";"), {}, "u0", 35),
        ("# a\n# b\n" + HEADER + lines(ROWS), {}, "u0", 35),
        ("% bip\n" + lines(NUMBERS, " "), NO_HEADER, "5", 60),
        (" user , item ,t\n" + lines(ROWS), {"user_column": "user"}, "u0", 35),
        ("t,item,user\n" + lines(row[::-1] for row in ROWS), {}, "u0", 35),
        (",user_id,item_id,t\n" + lines(indexed(ROWS)), {}, "u0", 35),
        (HEADER.replace(",", "\t") + lines(ROWS, "\t"), {}, "u0", 35),
        (lines(ROWS, "::"), NO_HEADER, "u0", 35),
        (HEADER.replace(",", "|") + lines(ROWS, "|"), {}, "u0", 35),
        (
            HEADER.replace(",", ";") + lines(((u, i, f"{t},5") for u, i, t in ROWS), ";"),
            {},
            "u0",
            35,
        ),
        (HEADER + lines((u, i, "2024-01-31 10:11:12") for u, i, _ in ROWS), {}, "u0", 35),
        (HEADER + lines((u, i, '"a, b; c"') for u, i, _ in ROWS), {}, "u0", 35),
    ],
)
def test_the_form_of_a_file_is_seen_from_its_first_lines(
    tmp_path, text, options, first_user, num_pairs
):
    interactions = load(tmp_path, text, **options)
    assert interactions.labels.users[0] == first_user
    assert interactions.num_interactions == num_pairs


def test_how_a_file_is_read_and_which_columns_are_not_is_told(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        load(tmp_path, "order,customer,sku,qty\n" + lines((9, *row) for row in ROWS))
    assert "separator ','; columns user=customer, item=sku; not read: order, qty." in caplog.text


@pytest.mark.parametrize(("odd", "told"), [("total", "among integers"), ("#7", "among integers")])
def test_an_odd_name_among_integers_is_a_warning_with_its_line(tmp_path, caplog, odd, told):
    load(tmp_path, "user,item\n" + lines(NUMBERS) + f"{odd},3\n")
    assert f"Line 62 of {tmp_path / 'orders.csv'} has the user {odd!r} {told}" in caplog.text


def test_names_that_are_not_integers_are_no_wonder_where_they_are_many(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        load(tmp_path, "user,item\n" + lines(NUMBERS) + lines((f"guest{n}", 3) for n in range(9)))
    assert not caplog.records


def test_lines_that_a_quoted_field_of_no_matter_spans_are_told(tmp_path, caplog):
    text = 'user,item,note\na,x,"1\nb,y,2\nc,z,3"\nd,z,4\n'
    assert load(tmp_path, text).num_users == 2
    assert "Lines 2 to 4 of" in caplog.text
    assert "the quote in line 2 is a stray one" in caplog.text
