"""Delimited files read back what they say, and every fault is named with its line."""

import csv
import gzip
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.made_sources import delimited, load, pairs_of, rows_of, write

from rankdistill.data.field_kinds import MISSING


def test_the_defaults_read_two_tabbed_columns_below_a_header(tmp_path):
    interactions = load(tmp_path, "user\titem\nb\tx\na\ty\n")
    assert rows_of(interactions) == [("a", "y", None, None), ("b", "x", None, None)]
    assert interactions.labels.titles is None


def test_a_backslash_and_t_are_a_tab_as_they_are_typed_in_a_shell(tmp_path):
    interactions = load(tmp_path, "user\titem\nb,c\tx\n", separator=r"\t")
    assert pairs_of(interactions) == [("b,c", "x")]


@pytest.mark.parametrize("separator", ["\t", ",", "::", "|", " ", ";", "§", " - "])
def test_any_separator_gives_the_same_interactions(tmp_path, separator):
    rows = [("u1", "i2", "4.5", "100"), ("u2", "i1", "3", "50"), ("u1", "i1", "1", "70")]
    text = "".join(separator.join(row) + "\n" for row in rows)
    interactions = load(
        tmp_path, text, separator=separator, header=False, rating_column=2, timestamp_column=3
    )
    expected = [("u1", "i1", 1.0, 70), ("u1", "i2", 4.5, 100), ("u2", "i1", 3.0, 50)]
    assert rows_of(interactions) == expected


def test_columns_may_be_named_and_stand_in_any_order(tmp_path):
    text = "when,stars,film,who\n9,2.5,f,w\n"
    interactions = load(
        tmp_path,
        text,
        separator=",",
        user_column="who",
        item_column="film",
        rating_column="stars",
        timestamp_column="when",
    )
    assert rows_of(interactions) == [("w", "f", 2.5, 9)]


def test_integer_ids_are_numbered_by_value_and_others_as_text(tmp_path):
    text = "user\titem\n10\t10\n9\t9\n9\tx\n"
    labels = load(tmp_path, text).labels
    assert list(labels.users) == ["9", "10"]
    assert list(labels.items) == ["10", "9", "x"]


def test_ids_that_differ_only_in_spelling_stay_apart(tmp_path):
    assert list(load(tmp_path, "u\ti\n7\t1\n007\t1\n").labels.users) == ["007", "7"]


def test_spaces_around_an_id_do_not_make_it_another(tmp_path):
    text = "user,item\na, x\n a,y\n"
    interactions = load(tmp_path, text, separator=",")
    assert pairs_of(interactions) == [("a", "x"), ("a", "y")]


@pytest.mark.parametrize("change", ["gzip", "windows", "byte order mark", "blank lines", "no end"])
def test_harmless_differences_of_form_change_nothing(tmp_path, change):
    text = b"user\titem\nb\tx\na\ty\n"
    changed = {
        "gzip": gzip.compress(text, mtime=0),
        "windows": text.replace(b"\n", b"\r\n"),
        "byte order mark": b"\xef\xbb\xbf" + text,
        "blank lines": b"\n" + text.replace(b"\n", b"\n\n") + b"  \n\n",
        "no end": text.rstrip(b"\n"),
    }[change]
    interactions = load(tmp_path, changed, user_column="user", item_column="item")
    assert pairs_of(interactions) == [("a", "y"), ("b", "x")]


def test_quotes_are_those_of_csv_only_between_commas(tmp_path):
    text = 'user,item\n"a, b","say ""x"""\nc,d\n'
    assert pairs_of(load(tmp_path, text, separator=",")) == [("a, b", 'say "x"'), ("c", "d")]
    assert pairs_of(load(tmp_path, 'user\titem\n"a\tx\n')) == [('"a', "x")]


def test_columns_nobody_asked_for_may_be_empty(tmp_path):
    text = "user,item,note\na,x,\nb,y,fine\n"
    assert pairs_of(load(tmp_path, text, separator=",")) == [("a", "x"), ("b", "y")]


def test_low_ratings_are_left_out_with_the_users_and_items_they_leave_bare(tmp_path):
    text = "u\ti\tr\na\tx\t5\na\ty\t1\nb\ty\t2\nc\tx\t4\n"
    interactions = load(tmp_path, text, rating_column="r", min_rating=4)
    assert rows_of(interactions) == [("a", "x", 5.0, None), ("c", "x", 4.0, None)]
    assert (interactions.num_users, interactions.num_items) == (2, 1)


def test_repeated_pairs_are_counted_and_the_first_is_named(tmp_path):
    text = "u\ti\na\tx\n\nb\tx\nb\tx\na\tx\nb\tx\n"
    with pytest.raises(ValueError, match=r"repeats 3 .* first is user b, item x in line 5.*=last"):
        load(tmp_path, text, duplicates="error")


def test_by_default_one_of_a_repeated_pair_is_kept_and_the_others_are_counted(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        interactions = load(tmp_path, "u\ti\na\tx\nb\tx\nb\tx\na\tx\nb\tx\n")
    assert pairs_of(interactions) == [("a", "x"), ("b", "x")]
    assert "3 of 5 rows repeat a (user, item) pair; the latest of each is kept." in caplog.text


def test_every_pair_keeps_the_row_of_the_file_that_it_comes_from(tmp_path):
    interactions = load(tmp_path, "u\ti\nb\tx\na\ty\na\tx\na\ty\n")
    assert pairs_of(interactions) == [("a", "x"), ("a", "y"), ("b", "x")]
    assert interactions.file_rows.tolist() == [2, 3, 0]


def test_the_latest_of_repeated_pairs_is_kept(tmp_path):
    text = "u\ti\tr\tt\na\tx\t1\t30\na\tx\t2\t50\na\tx\t3\t40\nb\tx\t5\t1\n"
    options = {"rating_column": "r", "duplicates": "last"}
    by_time = load(tmp_path, text, timestamp_column="t", **options)
    assert rows_of(by_time) == [("a", "x", 2.0, 50), ("b", "x", 5.0, 1)]
    by_order = load(tmp_path, text, **options)
    assert rows_of(by_order) == [("a", "x", 3.0, None), ("b", "x", 5.0, None)]


def test_of_two_at_one_time_the_later_line_is_kept(tmp_path):
    text = "u\ti\tr\tt\na\tx\t1\t30\na\tx\t2\t30\n"
    interactions = load(tmp_path, text, rating_column=2, timestamp_column=3, duplicates="last")
    assert interactions.ratings.tolist() == [2]


def test_a_low_last_rating_takes_the_pair_out(tmp_path):
    text = "u\ti\tr\na\tx\t5\na\tx\t1\nb\tx\t5\n"
    options = {"rating_column": "r", "duplicates": "last", "min_rating": 4}
    assert pairs_of(load(tmp_path, text, **options)) == [("b", "x")]


FULL = {"rating_column": 2, "timestamp_column": 3}


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("u\ti\tr\tt\na\tx\t5\t1\nb\ty\tgood\t2\n", FULL, "Line 3 of .*rating 'good', .*number"),
        ("u\ti\tr\tt\na\tx\t5\t1\nb\ty\tnan\t2\n", FULL, "Line 3 of .*rating 'nan'"),
        ("u\ti\tr\tt\na\tx\t5\tnow\n", FULL, "Line 2 of .*timestamp 'now', which is not a number"),
        ("u\ti\tr\tt\n\na\tx\t5\t\n", FULL, "Line 3 of .* has no timestamp: the field is empty"),
        ("u\ti\na\tx\nb\n", {}, "Line 3 of .* has 1 field where 2 are expected"),
        ("u\ti\tn\na\tx\t1\nb\tx\n", {}, "Line 3 of .* has 2 fields where 3 are expected"),
        ("u\ti\na\tx\nb\ty\tz\n", {}, "Line 3 of .* has 3 fields where 2 are expected"),
        ("u\ti\na\tx\n\ty\n", {}, "Line 3 of .* has no user: the field is empty"),
        ("u\ti\na\tx\nb\t \n", {}, "Line 3 of .* has no item: the field is empty"),
        ("u,i\na,x\n,y\n", {"separator": ","}, "Line 3 of .* has no user"),
        ('u,i\n"a",x\nb\n', {"separator": ","}, "Line 3 of .* has 1 field where 2"),
        ('u,i\n"a\nb",x\nc,d,e\n', {"separator": ","}, "Line 4 of .* has 3 fields where 2"),
        (b"u\ti\na\tx\nb\t\xe9\n", {}, "Line 3 of .* is not UTF-8 text"),
        (b"\xe9\ti\na\tx\n", {}, "Line 1 of .* is not UTF-8 text"),
        ("", {}, r"pairs\.tsv is empty"),
        (" \n\n", {}, r"pairs\.tsv is empty"),
        ("u\ti\n", {}, "holds no rows below its header"),
        ("1\t2\n3\t4\n", {}, "Line 1 of .* reads 1, 2: data.*header=false"),
        ("u\ti\n3\t4\n5\t6\n", {"header": False}, "Line 1 of .* reads u, i .*header=true"),
        ("u\ti\tr\n3\t4\t5\n", {"header": False, "rating_column": 2}, "Line 1 .*header=true"),
        (
            "u\ti\na\tx\n",
            {"user_column": "who"},
            "no column 'who' .user_column.; its columns: u, i",
        ),
        ("u\tu\na\tx\n", {"user_column": "u"}, "twice column 'u'"),
        ("u\ti\na\tx\n", {"item_column": 2}, "item_column=2 is not a column of .* has 2 .u, i."),
        ("u\ti\na\tx\n", {"item_column": -1}, "item_column=-1 is not a column"),
        ("u\ti\na\tx\n", {"separator": ","}, "which has 1 .* is the separator right"),
        ("a\tx\n", {"header": False, "user_column": "u"}, "set header=true"),
        ("u\ti\na\tx\n", {"item_column": 0}, "needs a column of its own"),
        ("u\ti\tr\na\tx\t1\n", {"rating_column": 2, "min_rating": 4}, "leaves nothing of"),
    ],
)
def test_a_fault_is_named_in_one_line(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        load(tmp_path, text, **options)
    assert "\n" not in str(caught.value)
    assert "pairs.tsv" in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file .*none\.tsv"):
        delimited(path=tmp_path / "none.tsv").load()
    with pytest.raises(FileNotFoundError, match="is a folder"):
        delimited(path=tmp_path).load()


@pytest.mark.parametrize(
    "content", [gzip.compress(b"u\ti\na\tx\n" * 99, mtime=0)[:-12], b"u\ti\na\tx\n"]
)
def test_damaged_gzip_is_named(tmp_path, content):
    path = write(tmp_path, content, "pairs.tsv.gz")
    with pytest.raises(ValueError, match=r"pairs\.tsv\.gz .*gzip file"):
        delimited(path=path).load()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "train is missing"),
        ({"train": "a", "test": "b"}, "validation is missing"),
        ({"path": "a", "test": "b"}, "not path and test"),
        ({"path": "a", "duplicates": "first"}, "'error' or 'last', got 'first'"),
        ({"path": "a", "min_rating": 3}, "no effect without a rating_column"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        delimited(**options)


def test_the_name_is_the_stem_and_can_be_set(tmp_path):
    assert delimited(path="some/listens.2024.tsv.gz").name == "listens.2024"
    assert delimited(path="some/listens", name="mine").name == "mine"
    parts = {part: tmp_path / "shop" / f"{part}.tsv" for part in ("train", "validation", "test")}
    assert delimited(**parts).name == "shop"


def three_files(tmp_path, train, validation, test, **options):
    parts = {"train": train, "validation": validation, "test": test}
    paths = {
        part: write(tmp_path, "u\ti\n" + "".join(f"{u}\t{i}\n" for u, i in pairs), f"{part}.tsv")
        for part, pairs in parts.items()
    }
    return delimited(**paths, **options)


def test_three_files_share_users_and_items(tmp_path):
    source = three_files(tmp_path, [(1, 5), (10, 5)], [(1, 9)], [(2, 10)])
    assert source.is_split
    split = source.load_split()
    assert list(split.train.labels.users) == ["1", "2", "10"]
    assert list(split.train.labels.items) == ["5", "9", "10"]
    parts = [[("1", "5"), ("10", "5")], [("1", "9")], [("2", "10")]]
    assert [pairs_of(part) for part in split.parts] == parts


def test_a_pair_in_two_files_names_both(tmp_path):
    source = three_files(tmp_path, [(1, 5)], [(2, 5), (3, 3)], [(3, 5), (2, 5)])
    with pytest.raises(ValueError, match=r"1 .* is in both .*validation\.tsv and .*test\.tsv.*r 2"):
        source.load_split()


def test_each_source_says_which_way_it_loads(tmp_path):
    with pytest.raises(ValueError, match="use load_split"):
        three_files(tmp_path, [(1, 1)], [(1, 2)], [(1, 3)]).load()
    with pytest.raises(ValueError, match="use load"):
        delimited(path=write(tmp_path, "u\ti\na\tx\n")).load_split()


names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=5)
names = names.filter(lambda name: name not in MISSING)
pair_sets = st.sets(st.tuples(names, names), min_size=1, max_size=30)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(pairs=pair_sets, separator=st.sampled_from([",", ";"]))
def test_whatever_a_csv_writer_writes_is_read_back(tmp_path_factory, pairs, separator):
    path = tmp_path_factory.mktemp("csv") / "pairs.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(["the user", "the item"])
        writer.writerows(pairs)
    interactions = delimited(path=path, separator=separator).load()
    assert set(pairs_of(interactions)) == pairs
    assert interactions.num_interactions == len(pairs)


@pytest.mark.real_data
def test_the_pairs_of_movielens_1m_are_read_in_full(real_directory):
    path = real_directory / "ml-1m-pairs.tsv.gz"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    interactions = delimited(path=path).load()
    assert interactions.num_interactions == 1_000_209
    assert (interactions.num_users, interactions.num_items) == (6040, 3706)
