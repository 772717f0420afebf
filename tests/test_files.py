import json
import os
import stat

import pytest

from rankdistill.files import (
    remove_left_overs,
    replacing,
    write_json_atomically,
    write_text_atomically,
)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_as_given_and_the_folder_made(tmp_path):
    path = tmp_path / "new" / "table.md"
    write_text_atomically(path, "MAP ± std\r\n")
    assert path.read_bytes() == "MAP ± std\r\n".encode()
    assert names_in(path.parent) == ["table.md"]


def test_json_comes_back_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text("old")
    content = {"metrics": {"test/map@5": 0.25}, "seed": 0, "name": "±", "none": None}
    write_json_atomically(path, content)
    assert json.loads(path.read_text(encoding="utf-8")) == content
    assert path.read_text(encoding="utf-8").endswith("}\n")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_json_refuses_numbers_that_it_does_not_have_and_keeps_the_old_file(tmp_path, number):
    path = tmp_path / "metrics.json"
    path.write_text("old")
    with pytest.raises(ValueError, match=r"metrics\.json was not written: NaN or infinity"):
        write_json_atomically(path, {"a": [number]})
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["metrics.json"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_half_way_leaves_the_old_file_and_no_other(tmp_path, error):
    path = tmp_path / "model.ckpt"
    path.write_text("old")

    def write_half():
        with replacing(path) as temporary:
            temporary.write_text("hal")
            assert path.read_text() == "old"
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["model.ckpt"]


def test_the_temporary_file_lies_beside_its_target_under_the_same_suffix(tmp_path):
    with replacing(tmp_path / "figure.png") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".png"
        temporary.touch()
    assert names_in(tmp_path) == ["figure.png"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    path = tmp_path / "figure.png"
    with pytest.raises(FileNotFoundError, match="Nothing was written"), replacing(path):
        pass
    assert names_in(tmp_path) == []


def test_the_file_can_be_read_by_whom_the_umask_allows(tmp_path):
    path = tmp_path / "metrics.json"
    previous = os.umask(0o022)
    try:
        write_json_atomically(path, {})
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_what_a_killed_run_left_half_written_is_removed_and_nothing_else(tmp_path):
    for name in (".results.0123456789ab.tmp.csv", "job/.job.0123456789ab.tmp.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("half")
    for name in ("results.csv", "job/job.json", ".sweep.lock"):
        (tmp_path / name).write_text("whole")
    remove_left_overs(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert left == {"results.csv", "job/job.json", ".sweep.lock"}
