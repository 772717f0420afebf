import numpy as np
from tests.running import SMALL, composed, small_datamodule

from rankdistill import __version__
from rankdistill.backbones.interface import Served
from rankdistill.rank_files.row_codes import pack_rows
from rankdistill.runs.models import make_student
from rankdistill.runs.run_fields import (
    describe_data,
    describe_model,
    note_of_left_out,
    versions,
)


def test_a_model_is_described_with_the_sizes_of_its_files(tmp_path):
    cfg = composed("train", *SMALL, "module=student", "size=d4")
    (tmp_path / "model.ckpt").write_bytes(b"1234567")
    (tmp_path / "model.rank").write_bytes(b"123456789")
    module = make_student(cfg, small_datamodule())
    tables = {"users": np.zeros((2, 3), np.float32), "items": np.zeros((4, 3), np.float16)}
    expected = {
        "module": "student",
        "backbone": "MatrixFactorization",
        "embedding_dim": 4,
        "parameters": (80 + 60) * (4 + 1),
        "checkpoint_bytes": 7,
        "storage": "int6",
        "weights_bytes": 4 * 6 + 2 * 12,
        "file_bytes": 9,
    }
    assert describe_model(module, tmp_path, tables, Served(), 6) == expected
    copied = describe_model(module, tmp_path, tables, Served(source_bytes=5), 6)
    assert copied == {**expected, "weights_bytes": 5}


def test_items_that_go_without_vectors_are_counted(tmp_path):
    cfg = composed("train", *SMALL, "module=student", "size=d4")
    for name in ("model.ckpt", "model.rank"):
        (tmp_path / name).write_bytes(b"")
    module = make_student(cfg, small_datamodule())
    table = np.array([[1.0, 2.0], [0.0, 0.0], [3.0, 1.0]], np.float32)
    tables = {"items": pack_rows(table, 4, exponent_bits=4)}
    found = describe_model(module, tmp_path, tables, Served(), 4)
    assert found["items_without_vectors"] == 1


def test_a_person_is_told_of_items_without_vectors_and_of_nothing_else():
    fields = {"data": {"num_items": 60}, "storage": "int4"}
    assert note_of_left_out(fields) is None
    told = note_of_left_out({**fields, "items_without_vectors": 7})
    assert told is not None
    assert told.startswith("Note: 7 of 60 items have vectors too short to matter in int4")


def test_data_are_described_by_their_parts():
    datamodule = small_datamodule()
    fields = describe_data(datamodule)
    parts = [fields[f"num_{name}"] for name in ("train", "validation", "test")]
    assert sum(parts) == fields["num_interactions"] == 1600
    assert fields["num_test_users"] == int((datamodule.split.test.counts > 0).sum())
    assert fields["split_fingerprint"] == datamodule.split.fingerprint


def test_the_version_of_the_program_is_among_the_versions():
    assert versions()["rankdistill"] == __version__
