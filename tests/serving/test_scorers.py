import numpy as np
import pytest
import torch
from tests.rank_files.made_models import DIM, NUM_ITEMS, NUM_USERS, SHAPES, made_model, made_tables

from rankdistill.backbones.histories import Histories
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.kernels.fold_in import LOSSES
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.tables import decoded
from rankdistill.serving.scorers import FactorScorer, HistorySums, ItemWeights, make_scorer

HISTORIES = [np.array([0, 5]), np.array([2]), np.array([1, 3, 4])]


def single(values):
    return np.array(values, np.float32)


def test_factors_are_products_of_rows_and_the_biases_of_both():
    scorer = FactorScorer(
        single([[1, 2], [0, 1]]), single([[3, 0], [1, 1]]), single([10, 20]), single([0.5, 0])
    )
    assert scorer.of_users(np.array([1, 0])).tolist() == [[20.5, 21], [13.5, 13]]


def test_factors_without_biases_are_products_alone():
    scorer = FactorScorer(single([[1, 2]]), single([[3, 0], [1, 1]]), None, None)
    assert scorer.of_users(np.array([0])).tolist() == [[3, 3]]


def test_factors_that_do_not_tell_their_loss_have_nothing_for_a_history():
    with pytest.raises(ValueError, match=r"a vector for each of its users .* give a user"):
        make_scorer(made_model()).of_histories(HISTORIES)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_history_is_fitted_by_the_loss_that_the_file_tells_as_pytorch_fits_it(loss):
    model = made_model(settings={f"fold_in_{loss}": 0.5})
    scores = make_scorer(model).of_histories(HISTORIES)
    network = MatrixFactorization(NUM_USERS, NUM_ITEMS, DIM, init_std=0.1)
    network.load_state_dict(
        {
            name: torch.tensor(decoded(model.tables[stored]))
            for stored, name in network.served().tables.items()
        }
    )
    network.take_fold_in({"loss": loss, "l2": 0.5})
    lengths = torch.tensor([len(history) for history in HISTORIES])
    offsets = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    histories = Histories(offsets, torch.from_numpy(np.concatenate(HISTORIES)), NUM_ITEMS)
    np.testing.assert_allclose(scores, network.score_histories(histories).numpy(), atol=1e-4)
    assert scores.dtype == np.float32


def test_a_history_is_the_sum_of_its_rows_divided_by_a_power_of_its_length():
    rows, items = single([[1, 0], [0, 3], [2, 2]]), single([[1, 1], [2, 0], [0, 1]])
    scorer = HistorySums(rows, items, single([0, 0.5, 0]), power=0.5)
    expected = [[4 / 2**0.5, 2 / 2**0.5 + 0.5, 3 / 2**0.5], [4.0, 4.5, 2.0]]
    found = scorer.of_histories([np.array([0, 1]), np.array([2])])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == np.float32


def test_item_weights_are_the_sums_of_the_rows_of_a_history():
    scorer = ItemWeights(single([[0, 1, 2], [3, 0, 4], [5, 6, 0]]))
    assert scorer.of_histories([np.array([0, 2]), np.array([1])]).tolist() == [[5, 7, 2], [3, 0, 4]]


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("bits", [32, 16, 6])
def test_a_scorer_reads_the_numbers_of_the_stored_tables_bit_for_bit(kind, bits):
    model = made_model(kind, bits)
    scorer = make_scorer(model)
    for name, table in model.tables.items():
        np.testing.assert_array_equal(getattr(scorer, name), decoded(table), strict=True)
        assert not getattr(scorer, name).flags.writeable


def test_packed_factors_may_lack_the_user_bias():
    tables = made_tables("factors")
    del tables["user_bias"]
    assert make_scorer(made_model(tables=tables)).user_bias is None


def test_a_network_is_refused():
    network = RankFile(kind="network", storage="fp32", tables={"w": single([1])})
    with pytest.raises(ValueError, match="a network that ranks with PyTorch alone"):
        make_scorer(network)


@pytest.mark.parametrize("kind", ["history", "item_item"])
def test_the_parts_of_a_score_and_the_items_own_bias_sum_to_the_score(kind):
    scorer = make_scorer(made_model(kind))
    bias = made_tables("history")["item_bias"] if kind == "history" else np.zeros(6)
    for history, scores in zip(HISTORIES, scorer.of_histories(HISTORIES), strict=True):
        parts = scorer.parts(history, np.array([4, 0]))
        assert parts.shape == (len(history), 2)
        np.testing.assert_allclose(parts.sum(0) + bias[[4, 0]], scores[[4, 0]], atol=1e-5)


def test_a_part_is_the_product_of_two_rows_divided_by_a_power_of_the_length():
    scorer = HistorySums(single([[1, 0], [0, 3]]), single([[1, 1], [2, 0]]), None, power=1.0)
    parts = scorer.parts(np.array([0, 1]), np.array([1, 0]))
    assert parts.tolist() == [[1, 0.5], [0, 1.5]]
