import pytest
import torch
from tests.from_conf import settings_in

from rankdistill.backbones.ease import Ease
from rankdistill.backbones.fism import Fism
from rankdistill.backbones.prefixes import Prefixes
from rankdistill.data.interactions import Interactions
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences
from rankdistill.modules.told_interactions import tell_interactions

NUM_ITEMS = 6
HISTORIES = [[4, 0, 5], [], [2, 1, 3, 0]]
PLACES = Contexts(torch.tensor([2, 0, 2, 0, 1]), torch.tensor([2, 3, 4, 0, 0]))


def sequences():
    items = torch.tensor([item for history in HISTORIES for item in history])
    return Sequences(torch.tensor([0, 3, 3, 7]), items, NUM_ITEMS)


def train():
    pairs = [(user, item) for user, items in enumerate(HISTORIES) for item in items]
    users, items = torch.tensor(pairs).t()
    times = torch.arange(len(pairs))
    return Interactions.from_pairs(users, items, len(HISTORIES), NUM_ITEMS, timestamps=times)


def ease():
    made = Ease(len(HISTORIES), NUM_ITEMS, l2=1.0, memory_gib=1.0)
    made.observe(train().user_ids, train().item_ids)
    return made


def fism():
    torch.manual_seed(0)
    return Fism(len(HISTORIES), NUM_ITEMS, **settings_in("backbone/fism", embedding_dim=3)).eval()


def test_a_prefix_is_what_stands_before_its_end_in_ascending_order():
    found = Prefixes(sequences).of(PLACES)
    rows = [found.items[a:b].tolist() for a, b in found.offsets.unfold(0, 2, 1).tolist()]
    assert rows == [[1, 2], [0, 4, 5], [0, 1, 2, 3], [], []]


def test_the_order_is_looked_for_when_it_is_asked_for_and_once():
    asked = []

    def find():
        asked.append(1)
        return sequences()

    prefixes = Prefixes(find)
    assert not asked
    prefixes.of(PLACES)
    prefixes.of(PLACES)
    assert len(asked) == 1


@pytest.mark.parametrize("make", [ease, fism])
def test_a_network_of_sets_ranks_from_a_prefix_as_for_a_user_with_no_more_items(make):
    network = make()
    tell_interactions(network, train())
    rows = network.score_rows(PLACES)
    torch.testing.assert_close(rows, network.score_histories(Prefixes(sequences).of(PLACES)))
    everyone = Contexts(torch.arange(3))
    at_the_end = Contexts(everyone.user_ids, torch.tensor([3, 0, 4]))
    torch.testing.assert_close(network.score_rows(at_the_end), network.score_rows(everyone))
    assert not torch.allclose(rows[0], network.score_rows(Contexts(torch.tensor([2])))[0])


def test_items_and_vectors_of_a_prefix_agree_with_its_row():
    network = fism()
    tell_interactions(network, train())
    rows = network.score_rows(PLACES)
    items = torch.arange(NUM_ITEMS).expand(len(PLACES), -1)
    torch.testing.assert_close(network(PLACES, items), rows)
    vectors = network.read(PLACES).users_of(PLACES)
    parts = network.history_embedding.weight
    expected = (parts[2] + parts[1]) * 2**-network.length_power
    torch.testing.assert_close(vectors[0], expected)
    assert not vectors[3].any()
