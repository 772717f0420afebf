import polars as pl
import pytest

from rankdistill.data.embedding_file import read_embeddings

KNOWN = pl.Series(["a", "b", "c"])


def read(path, max_gib=1.0):
    return read_embeddings(path, "item", KNOWN, max_gib)


@pytest.fixture
def text(tmp_path):
    (tmp_path / "items.csv").write_text("item,one,two\nc,5,6\na,1,2\nx,0,0\nb,3,4e0\n")
    return tmp_path / "items.csv"


def test_vectors_are_in_the_order_of_the_data_whatever_the_form(text, tmp_path):
    table = pl.read_csv(text)
    table.write_parquet(tmp_path / "numbers.parquet")
    whole = table.select("item", embedding=pl.concat_list("one", "two"))
    whole.write_parquet(tmp_path / "lists.parquet")
    whole.with_columns(pl.col("embedding").list.to_array(2)).write_parquet(
        tmp_path / "arrays.parquet"
    )
    for name in ("items.csv", "numbers.parquet", "lists.parquet", "arrays.parquet"):
        assert read(tmp_path / name).tolist() == [[1, 2], [3, 4], [5, 6]], name


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("item,one\na,1\nbb,2\nc,1\n", r"no vector for 1 of 3 items .* 'b' \(the nearest is 'bb'"),
        ("item,one\na,1\nb,2\na,3\nc,1\n", "two vectors of the item 'a'"),
        ("item,one\na,1\nb,much\nc,1\n", "'much' in the column 'one' of the item 'b', which is no"),
        ("item,one\na,1\nb,\nc,1\n", "None in the column 'one' of the item 'b'"),
        ("item,one\na,1\nb,inf\nc,1\n", "'inf' in the column 'one' of the item 'b'"),
        ("item,one\n", "holds no vectors"),
    ],
)
def test_vectors_that_are_missing_or_no_numbers_are_refused(content, message, tmp_path):
    (tmp_path / "items.csv").write_text(content)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "items.csv")


def test_vectors_of_different_lengths_are_refused_with_the_row(tmp_path):
    table = pl.DataFrame({"item": ["a", "b", "c"], "embedding": [[1.0], [2.0, 3.0], [4.0]]})
    table.write_parquet(tmp_path / "items.parquet")
    with pytest.raises(ValueError, match=r"Row 2 of .* another length than the first"):
        read(tmp_path / "items.parquet")


def test_a_file_that_is_too_large_is_refused_with_the_setting_to_raise(text):
    with pytest.raises(ValueError, match=r"more than teacher\.max_gib="):
        read(text, max_gib=1e-9)
