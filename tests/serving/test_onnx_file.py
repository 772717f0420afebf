import hashlib
import json

import numpy as np
import pytest
from tests.rank_files.made_models import ITEM_IDS, USER_IDS, made_model
from tests.serving.onnx_running import session_of

from rankdistill.serving.onnx_file import onnx_file, write_onnx


def told(content):
    return session_of(content).get_modelmeta().custom_metadata_map


def test_an_app_finds_ids_titles_and_what_the_model_is():
    found = told(onnx_file(made_model("factors", 8)))
    assert json.loads(found["item_ids"]) == list(ITEM_IDS)
    assert json.loads(found["item_titles"])[2] == "Film 2: é"
    assert json.loads(found["user_ids"]) == list(USER_IDS)
    about = json.loads(found["rankdistill"])
    assert (about["kind"], about["storage"]) == ("factors", "int8")
    assert about["about"]["metrics"] == {"test/map@5": 0.25}


def test_a_file_for_histories_tells_nothing_of_users():
    assert set(told(onnx_file(made_model("history")))) == {
        "rankdistill",
        "item_ids",
        "item_titles",
        "sha256",
    }


def test_the_last_bytes_are_the_checksum_of_all_before_them():
    content = onnx_file(made_model("history", 4))
    digits = content[-64:].decode()
    assert digits == hashlib.sha256(content[:-64]).hexdigest()
    assert told(content)["sha256"] == digits


def test_equal_models_make_equal_files(tmp_path):
    write_onnx(tmp_path / "a.onnx", made_model())
    assert (tmp_path / "a.onnx").read_bytes() == onnx_file(made_model())


def test_weights_that_are_no_numbers_are_refused():
    tables = dict(made_model().tables)
    tables["items"] = np.full_like(tables["items"], np.nan)
    with pytest.raises(ValueError, match=r"not all finite \(items\)"):
        onnx_file(made_model(tables=tables))
