import pytest
import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.backbones.sequence_backbone import SequenceBackbone
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences

HISTORIES = Sequences(torch.tensor([0, 3, 3, 5]), torch.tensor([1, 0, 2, 2, 0]), num_items=3)


class RunningSums(SequenceBackbone):
    """The vector of a place is the sum of one-hot items up to it."""

    def __init__(self, length: int):
        super().__init__(3, length)
        self.table = torch.nn.Parameter(torch.eye(3))
        self.draws = []

    @property
    def item_table(self):
        return self.table

    def encode(self, items, rows, draws):
        self.draws.append(draws)
        return rows.packed(rows.padded(self.table[items]).cumsum(1))


def made(length=5):
    network = RunningSums(length)
    network.remember_order(HISTORIES, seeded_draws())
    return network


def test_a_context_is_scored_by_the_vector_of_its_last_item():
    places = Contexts(torch.tensor([0, 2, 0, 0]), torch.tensor([2, 1, 0, 3]))
    rows = made().score_rows(places)
    assert rows.tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 0], [1, 1, 1]]
    items = torch.tensor([[0, 2]] * 4)
    torch.testing.assert_close(made()(places, items), rows.gather(1, items))


def test_users_are_the_ends_of_their_histories_and_length_bounds_what_is_read():
    assert made().embeddings().users.tolist() == [[1, 1, 1], [0, 0, 0], [1, 0, 1]]
    assert made(length=1).embeddings().users.tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]


def test_where_nothing_has_been_read_the_network_is_not_asked():
    network = made()
    assert not network.score_rows(Contexts(torch.tensor([1, 0]), torch.tensor([0, 0]))).any()
    assert network.draws == []


def test_draws_are_given_to_the_batches_of_training_alone():
    network = made()
    network.read(Contexts(torch.tensor([0])))
    network.score_rows(Contexts(torch.tensor([0])))
    network.eval().read(Contexts(torch.tensor([0])))
    assert [draws is None for draws in network.draws] == [False, True, True]


def test_it_says_what_it_lacks():
    with pytest.raises(ValueError, match="RunningSums reads what users have had"):
        RunningSums(5).embeddings()
    with pytest.raises(ValueError, match="length must be at least 1, got 0"):
        RunningSums(0)
