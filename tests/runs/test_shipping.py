import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.running import small_datamodule

from rankdistill.backbones.ease import Ease
from rankdistill.backbones.ensemble import Ensemble
from rankdistill.backbones.fism import Fism
from rankdistill.backbones.interface import Served, give_histories
from rankdistill.backbones.lightgcn import LightGCN
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.histories.contexts import Contexts
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.rank_file import read_rank_file, write_rank_file
from rankdistill.rank_files.tables import stored_bytes
from rankdistill.runs.shipping import (
    known_of_data,
    restored_weights,
    shipped_model,
    stored_tables,
)
from rankdistill.serving.rank_model import RankModel

NUM_USERS, NUM_ITEMS = 943, 1682
"""Of MovieLens 100K."""

PACKED = [16, 8, 6, 4]


def factorization(embedding_dim, num_users=NUM_USERS, num_items=NUM_ITEMS):
    """A factorisation whose every weight, and the user bias too, is a number of its own."""
    torch.manual_seed(0)
    backbone = MatrixFactorization(num_users, num_items, embedding_dim, init_std=0.5)
    with torch.no_grad():
        backbone.user_bias.normal_()
        backbone.item_bias.normal_()
    return backbone


def stored(backbone, bits):
    return stored_tables(backbone.state_dict(), backbone.served(), bits, backbone.ranks_nothing)


def restored(backbone, bits):
    return restored_weights(stored(backbone, bits), backbone.state_dict(), backbone.served())


def size(backbone, bits):
    return sum(map(stored_bytes, stored(backbone, bits).values()))


def test_fp32_keeps_every_tensor_bit_for_bit():
    backbone = factorization(4)
    torch.testing.assert_close(restored(backbone, 32), dict(backbone.state_dict()), atol=0, rtol=0)


@pytest.mark.parametrize("bits", PACKED)
def test_what_is_restored_fits_the_network_that_was_stored(bits):
    backbone = factorization(5)
    weights = restored(backbone, bits)
    assert {weight.dtype for weight in weights.values()} == {torch.float32}
    for name, kept in backbone.state_dict().items():
        error = (weights[name] - kept).square().mean().sqrt() / kept.square().mean().sqrt()
        bound = 1.0 if name in backbone.ranks_nothing else 2.0 ** (1 - min(bits, 10))
        assert float(error) <= bound, name
    backbone.load_state_dict(weights)


@pytest.mark.parametrize("bits", PACKED)
def test_the_ranking_is_the_same_without_the_user_bias_that_is_left_out(bits):
    backbone = factorization(5).double()
    weights = restored(backbone, bits)
    assert weights["user_bias"].tolist() == [0.0] * NUM_USERS
    users, bias = Contexts(torch.arange(50)), backbone.user_bias.detach().clone()
    backbone.load_state_dict(weights)
    without = backbone.score_rows(users).argsort(1)
    with torch.no_grad():
        backbone.user_bias.copy_(bias)
    assert torch.equal(backbone.score_rows(users).argsort(1), without)


@pytest.mark.parametrize("bits", [6, 4])
def test_a_student_of_movielens_size_takes_a_hundredth_of_its_teachers_bytes(bits):
    teacher, student = size(factorization(200), 32), size(factorization(8), bits)
    assert teacher == 4 * (NUM_USERS + NUM_ITEMS) * 201
    assert student <= teacher / 100


def test_each_storage_takes_what_its_bits_say_a_byte_a_row_and_a_byte_an_item():
    backbone, rows = factorization(64), NUM_USERS + NUM_ITEMS
    for bits in (8, 6):
        assert size(backbone, bits) == rows * 64 * bits // 8 + rows + NUM_ITEMS + 1
    assert size(backbone, 16) == 2 * (rows * 64 + NUM_ITEMS)


def test_four_bits_take_half_a_byte_a_row_and_six_bits_an_item():
    codes, steps = (NUM_USERS + NUM_ITEMS) * 64 // 2, (NUM_USERS + 1) // 2 + NUM_ITEMS // 2
    bias = (6 * NUM_ITEMS + 7) // 8 + 1
    assert size(factorization(64), 4) == codes + steps + bias


@pytest.mark.parametrize(("bits", "is_left_out"), [(5, False), (4, True)])
def test_short_vectors_of_items_are_left_out_at_four_bits_and_those_of_users_never(
    bits, is_left_out
):
    backbone = factorization(8, 30, 20)
    with torch.no_grad():
        for weight in (backbone.user_embedding.weight, backbone.item_embedding.weight):
            weight /= weight.norm(dim=1, keepdim=True)
            weight[:5] *= 0.1
    weights = restored(backbone, bits)
    is_zero = (weights["item_embedding.weight"] == 0).all(1)
    assert is_zero.tolist() == [is_left_out] * 5 + [False] * 15
    assert (weights["user_embedding.weight"] != 0).any(1).all()


@pytest.mark.parametrize("name", ["history_embedding.weight", "item_embedding.weight"])
def test_short_vectors_of_a_network_of_histories_are_left_out_too(name):
    backbone = of("fism")
    weight = backbone.get_parameter(name)
    with torch.no_grad():
        weight /= weight.norm(dim=1, keepdim=True)
        weight[:5] *= 0.1
    is_zero = (restored(backbone, 4)[name] == 0).all(1)
    assert is_zero.tolist() == [True] * 5 + [False] * 55


def test_weights_in_sixteen_bits_that_pytorch_alone_has_are_stored_in_single_precision():
    weights = {"table": torch.tensor([[1.0, 2.5]], dtype=torch.bfloat16)}
    tables = stored_tables(weights, Served(), 32)
    assert tables["table"].dtype == np.float32
    assert restored_weights(tables, weights, Served())["table"].tolist() == [[1.0, 2.5]]


def test_weights_in_double_precision_are_stored_in_single_precision():
    weights = {"table": torch.tensor([[1.0, 1 / 3]], dtype=torch.float64)}
    stored = stored_tables(weights, Served(), 32)["table"]
    assert stored.dtype == np.float32
    assert stored.tolist() == [[1.0, np.float32(1 / 3)]]


def test_a_network_ships_all_that_it_has_under_its_own_names():
    backbone = factorization(2, 5, 4)
    tables = stored_tables(backbone.state_dict(), Served(), 6)
    assert tables.keys() == backbone.state_dict().keys()


def observed(backbone, datamodule):
    train = datamodule.split.train
    backbone.observe(train.user_ids, train.item_ids)
    return backbone.eval()


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def of(name):
    torch.manual_seed(0)
    if name == "lightgcn":
        return LightGCN(80, 60, embedding_dim=3, num_layers=2, init_std=0.5)
    if name == "fism":
        powers = {"length_power": 0.5, "history_dropout": 0.0, "start_iterations": 1}
        return Fism(80, 60, embedding_dim=3, init_std=0.5, **powers)
    if name == "ease":
        return Ease(80, 60, l2=5.0, memory_gib=8.0)
    return factorization(3, 80, 60)


@pytest.mark.parametrize("name", ["matrix_factorization", "lightgcn", "ease", "fism"])
@pytest.mark.parametrize("bits", [32, 6])
@torch.no_grad()
def test_numpy_scores_as_pytorch_does_with_the_stored_weights(name, bits, datamodule, tmp_path):
    backbone = of(name)
    train = datamodule.split.train
    if name in {"lightgcn", "ease"}:
        observed(backbone, datamodule)
    give_histories(backbone, train.user_ids, train.item_ids)
    tables = stored(backbone, bits)
    of_data = known_of_data(datamodule.split.train, seen=True)
    model = shipped_model(tables, backbone.served(), bits, of_data, {})
    write_rank_file(tmp_path / "a.rank", model)
    loaded = RankModel.of(read_rank_file(tmp_path / "a.rank"))
    backbone.load_state_dict(restored(backbone, bits))
    expected = backbone.score_rows(Contexts(torch.arange(80))).numpy()
    offsets, items = train.offsets.tolist(), train.item_ids
    if name in {"ease", "fism"}:
        known = [items[a:b].numpy() for a, b in itertools.pairwise(offsets)]
        scores = loaded.scorer.of_histories(known)
    else:
        scores = loaded.scorer.of_users(np.arange(80))
    if name == "fism":  # it scores an item of a history without that item, and that is hidden
        hidden = train.user_ids, train.item_ids
        scores[hidden] = expected[hidden] = 0
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_a_linear_item_model_keeps_its_pairs_beside_the_stored_weights(datamodule):
    backbone = observed(of("ease"), datamodule)
    before = backbone.score_rows(Contexts(torch.arange(80)))
    backbone.load_state_dict(restored(backbone, 8))
    error = backbone.score_rows(Contexts(torch.arange(80))) - before
    assert 0 < float(error.std()) < 0.02 * float(before.std())


def test_an_ensemble_ships_as_a_network(datamodule):
    backbone = Ensemble(80, 60, {"a": of("mf"), "b": observed(of("ease"), datamodule)}, None)
    model = shipped_model(
        stored(backbone, 8), backbone.served(), 8, known_of_data(datamodule.known, True), {}
    )
    assert (model.kind, model.item_ids) == ("network", ())
    backbone.load_state_dict(restored(backbone, 8))


def test_the_file_knows_ids_titles_popularity_and_what_users_have_of_all_parts(datamodule):
    whole = datamodule.source.load()
    known = known_of_data(datamodule.known, seen=True)
    assert known["user_ids"] == tuple(f"u{user}" for user in range(80))
    assert known["item_ids"][:2] == tuple(whole.labels.items[:2])
    assert known["item_titles"][7] == "Synthetic item 7"
    assert known["item_counts"].tolist() == np.bincount(whole.item_ids, minlength=60).tolist()
    assert known["seen"].counts.sum() == len(known["seen"].items) == 1600
    first = whole.item_ids[: whole.offsets[1]].tolist()
    assert known["seen"].items[: len(first)].tolist() == first


def test_data_without_labels_are_known_by_row_numbers(datamodule):
    known = known_of_data(replace(datamodule.known, labels=None), seen=False)
    assert known["user_ids"][79] == "79"
    assert known["item_ids"][:3] == ("0", "1", "2")
    assert known["item_titles"] == ()
    assert known["seen"] is None


def test_a_model_without_users_of_its_own_does_not_grow_with_them_unless_it_says_what_they_have(
    datamodule,
):
    backbone = observed(of("ease"), datamodule)
    tables, served = stored(backbone, 8), backbone.served()
    bare, whole = (
        shipped_model(tables, served, 8, known_of_data(datamodule.known, seen), {})
        for seen in (False, True)
    )
    assert (len(bare.user_ids), len(whole.user_ids)) == (0, 80)
    factors = stored(of("mf"), 8)
    of_data = known_of_data(datamodule.known, False)
    assert len(shipped_model(factors, of("mf").served(), 8, of_data, {}).user_ids) == 80


def test_what_ships_carries_its_storage_and_what_is_told_about_it(datamodule):
    backbone = of("mf")
    about = {"metrics": {"test/map@5": 0.25}}
    of_data = known_of_data(datamodule.known, False)
    model = shipped_model(stored(backbone, 6), backbone.served(), 6, of_data, about)
    assert isinstance(model, RankFile)
    assert (model.kind, model.storage, model.about) == ("factors", "int6", about)
