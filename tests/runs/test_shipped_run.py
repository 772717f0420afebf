import torch
from tests.running import small_datamodule

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.rank_files.rank_file import read_rank_file
from rankdistill.runs.shipped_run import ship
from rankdistill.runs.shipping import ShippedForm, stored_tables


def shipped(folder, metrics, seen=True, **told):
    torch.manual_seed(0)
    backbone, datamodule = MatrixFactorization(80, 60, 3, init_std=0.5), small_datamodule()
    tables = stored_tables(backbone.state_dict(), backbone.served(), 6, backbone.ranks_nothing)
    form = ShippedForm(6, seen)
    ship(folder, tables, backbone.served(), form, datamodule, metrics, **told)
    return read_rank_file(folder / "model.rank"), datamodule


def test_a_run_ships_its_model_with_its_metrics_and_what_all_parts_of_the_data_know(tmp_path):
    model, datamodule = shipped(tmp_path, {"test/map@5": 0.25})
    assert (model.kind, model.storage, len(model.user_ids)) == ("factors", "int6", 80)
    assert len(model.seen.items) == 1600
    assert model.about["metrics"] == {"test/map@5": 0.25}
    assert model.about["data"]["fingerprint"] == datamodule.fingerprint
    assert set(model.about) == {"metrics", "data", "versions"}


def test_a_model_that_was_never_tested_says_so(tmp_path):
    model, _ = shipped(tmp_path, {}, seen=False, untested=True)
    assert set(model.about) == {"data", "versions", "untested"}
    assert model.seen is None
