import shlex

import pytest
from tests.running import SMALL_DATA, run_here

HEADER = "order_id,customer_id,sku,quantity,ordered_at"


def shop(folder, name="orders.csv", num_rows=240):
    """Orders of twelve customers; times are a minute apart, some orders are repeated."""
    lines = [HEADER]
    for row in range(num_rows):
        minute = f"2024-01-{1 + row // 60:02}T10:{row % 60:02}:00"
        lines.append(f"{9000 - row},C{row % 12},SKU-{row * row % 23},2,{minute}")
    (folder / name).write_text("\n".join(lines) + "\n")
    return name


def inspected(monkeypatch, folder, capsys, *arguments):
    assert run_here(monkeypatch, folder, "inspect", *arguments) == 0
    return capsys.readouterr().out


def test_a_file_is_described_as_it_would_be_read(tmp_path, monkeypatch, capsys):
    text = inspected(monkeypatch, tmp_path, capsys, f"data.path={shop(tmp_path)}")
    lines = text.splitlines()
    assert lines[0] == "orders.csv: text, separator ',', 240 rows"
    assert [line.split() for line in lines[1:6]] == [
        ["0", "order_id", "integers", "not", "read"],
        ["1", "customer_id", "text", "user"],
        ["2", "sku", "text", "item"],
        ["3", "quantity", "integers", "not", "read"],
        ["4", "ordered_at", "times", "timestamp"],
    ]
    pairs = {(row % 12, row * row % 23) for row in range(240)}
    items = {item for _, item in pairs}
    assert f"12 users, {len(items)} items, {len(pairs)} interactions" in text
    assert f"{240 - len(pairs)} rows repeat a (user, item) pair" in text
    assert "2024-01-04 10:59:00; 0% of interactions are at one time" in text
    for split in (
        "random",
        "last_share",
        "leave_last_out",
        "leave_random_out",
        "temporal",
        "user_halves",
        "new_users",
    ):
        assert f"split={split} " in text
    assert not [path for path in tmp_path.iterdir() if path.name != "orders.csv"]


@pytest.mark.slow
def test_the_command_to_go_on_with_reads_what_was_inspected(tmp_path, monkeypatch, capsys):
    name = shop(tmp_path, "my orders.csv")
    text = inspected(monkeypatch, tmp_path, capsys, f"data.path='{name}'")
    command, *arguments = shlex.split(text.splitlines()[-1])[1:]
    assert command == "compare"
    assert arguments == [
        "data=delimited",
        "data.path='my orders.csv'",
        "data.timestamp_column=ordered_at",
        "split=leave_last_out",
    ]
    same = [argument for argument in arguments if argument.startswith("data.")]
    again = inspected(monkeypatch, tmp_path, capsys, *same)
    assert again == text


def test_times_that_are_mostly_ties_speak_against_the_last_item(tmp_path, monkeypatch, capsys):
    lines = ["user,item,time", *(f"u{row % 9},i{row * row % 11},5" for row in range(99))]
    (tmp_path / "visits.csv").write_text("\n".join(lines) + "\n")
    text = inspected(monkeypatch, tmp_path, capsys, "data.path=visits.csv")
    assert "100% of interactions are at one time with another" in text
    assert text.splitlines()[-1].endswith("split=random")


def test_data_of_no_file_are_described_without_columns(tmp_path, monkeypatch, capsys):
    text = inspected(monkeypatch, tmp_path, capsys, *SMALL_DATA)
    assert "80 users, 60 items, 1,600 interactions" in text
    assert "Go on with" not in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1,2\n3,4\n5,6\n", "set data.header=false"),
        ("", "is empty"),
        ("user\na\n", "data.separator="),
    ],
)
def test_a_file_that_cannot_be_read_ends_in_one_line(tmp_path, monkeypatch, capsys, text, told):
    (tmp_path / "bad.csv").write_text(text)
    assert run_here(monkeypatch, tmp_path, "inspect", "data.path=bad.csv") == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert told in error


@pytest.mark.slow
def test_a_column_of_quantities_is_suggested_and_its_span_is_told_once_it_is_read(
    tmp_path, monkeypatch, capsys
):
    path = f"data.path={shop(tmp_path)}"
    text = inspected(monkeypatch, tmp_path, capsys, path)
    told = "quantity is not read: data.weight_column=quantity lets it say how much a pair counts"
    assert told in text.splitlines()
    assert "weight_column" not in text.splitlines()[-1]
    text = inspected(monkeypatch, tmp_path, capsys, path, "data.weight_column=quantity")
    (line,) = (line for line in text.splitlines() if line.startswith("weights of pairs"))
    assert line.startswith("weights of pairs from 2 to ")
    assert "data.weight_column=quantity" in text.splitlines()[-1]
    assert "is not read: data.weight_column" not in text
