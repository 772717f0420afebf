"""A block of new users is scored from what they have had, by every network."""

import pytest
import torch
from tests.data.made_interactions import of_matrix, random_matrix

from rankdistill.backbones.ease import Ease
from rankdistill.backbones.ensemble import Ensemble
from rankdistill.backbones.fism import Fism
from rankdistill.backbones.interface import Backbone, give_histories
from rankdistill.backbones.lightgcn import LightGCN
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.data.batches import EvaluationBlocks
from rankdistill.data.interactions import Interactions
from rankdistill.kernels.fold_in import FoldIn
from rankdistill.modules.block_scores import score_block

USERS, ITEMS = 12, 15
KNOWN = of_matrix(random_matrix(USERS, ITEMS, 0.4, seed=3))
HELD_OUT = Interactions.from_pairs(torch.tensor([4, 9]), torch.tensor([0, 1]), USERS, ITEMS)


def ease() -> Ease:
    made = Ease(USERS, ITEMS, l2=2.0, memory_gib=1.0)
    made.observe(KNOWN.user_ids, KNOWN.item_ids)
    return made


def fism() -> Fism:
    torch.manual_seed(0)
    made = Fism(USERS, ITEMS, 3, 0.5, 0.5, 0.1, 1).eval()
    give_histories(made, KNOWN.user_ids, KNOWN.item_ids)
    return made


def both() -> Ensemble:
    return Ensemble(USERS, ITEMS, {"ease": ease(), "fism": fism()}, {"ease": 1.0, "fism": 3.0})


def factors() -> MatrixFactorization:
    torch.manual_seed(0)
    made = MatrixFactorization(USERS, ITEMS, 3, init_std=1.0)
    made.take_fold_in({"loss": "softmax", "l2": 1.0})
    return made


def block_of(history: Interactions | None):
    return next(iter(EvaluationBlocks(KNOWN, HELD_OUT, 10, history=history)))


@pytest.mark.parametrize("make", [ease, fism, both])
def test_a_known_history_told_as_that_of_a_new_user_gives_the_scores_of_the_known_user(make):
    network = make()
    known, new = (score_block(network, block_of(told), ITEMS) for told in (None, KNOWN))
    assert known.shape == (2, ITEMS)
    torch.testing.assert_close(new, known)


def test_a_new_user_of_lightgcn_is_one_step_from_the_items_that_they_have_had():
    torch.manual_seed(0)
    network = LightGCN(USERS, ITEMS, 3, num_layers=2, init_std=0.1)
    give_histories(network, KNOWN.user_ids, KNOWN.item_ids)
    network.observe(KNOWN.user_ids, KNOWN.item_ids)
    degrees = torch.bincount(KNOWN.item_ids, minlength=ITEMS)
    with torch.no_grad():
        items = network.embeddings().items
        scores = score_block(network, block_of(KNOWN), ITEMS)
    for row, user in enumerate((4, 9)):
        had = KNOWN.item_ids[KNOWN.user_ids == user].tolist()
        vector = sum(items[item] / float(len(had) * degrees[item]) ** 0.5 for item in had)
        torch.testing.assert_close(scores[row], items @ vector)


def test_a_lightgcn_that_was_loaded_ranks_for_new_users_as_it_did_before():
    torch.manual_seed(0)
    network = LightGCN(USERS, ITEMS, 3, num_layers=2, init_std=0.1)
    give_histories(network, KNOWN.user_ids, KNOWN.item_ids)
    network.observe(KNOWN.user_ids, KNOWN.item_ids)
    loaded = LightGCN(USERS, ITEMS, 3, num_layers=2, init_std=0.1)
    loaded.load_state_dict(network.state_dict())
    give_histories(loaded, KNOWN.user_ids, KNOWN.item_ids)
    with torch.no_grad():
        one, other = (score_block(each, block_of(KNOWN), ITEMS) for each in (network, loaded))
    torch.testing.assert_close(one, other)


def test_a_new_user_of_a_factorisation_ranks_what_they_have_had_above_the_rest():
    network = factors()
    scores = score_block(network, block_of(KNOWN), ITEMS)
    for row, user in enumerate((4, 9)):
        had = torch.zeros(ITEMS, dtype=torch.bool)
        had[KNOWN.item_ids[KNOWN.user_ids == user]] = True
        assert scores[row][had].mean() > scores[row][~had].mean()


def test_the_members_of_an_ensemble_take_the_settings_of_their_own_loss():
    made = Ensemble(USERS, ITEMS, {"a": factors(), "b": ease()}, None)
    made.take_fold_in({"a": {"loss": "bpr", "l2": 2.0}})
    assert made.members["a"].fold_in == FoldIn("bpr", 2.0)
    assert score_block(made, block_of(KNOWN), ITEMS).shape == (2, ITEMS)


def test_a_factorisation_that_does_not_know_its_loss_says_so():
    network = MatrixFactorization(USERS, ITEMS, 3, init_std=1.0)
    with pytest.raises(ValueError, match="Nobody said by which loss MatrixFactorization"):
        score_block(network, block_of(KNOWN), ITEMS)


def test_a_network_that_knows_its_own_users_alone_says_so():
    class OwnUsers(Backbone):
        def forward(self, contexts, item_ids):
            return torch.zeros(item_ids.shape)

        def score_rows(self, contexts):
            return torch.zeros(len(contexts), ITEMS)

    assert score_block(OwnUsers(), block_of(None), ITEMS).shape == (2, ITEMS)
    with pytest.raises(ValueError, match="OwnUsers ranks for the users that it was trained on"):
        score_block(OwnUsers(), block_of(KNOWN), ITEMS)
