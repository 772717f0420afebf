import torch

from rankdistill.cascade.data.item_features import ItemFeatures
from rankdistill.cascade.data.vocabulary import Vocabulary
from rankdistill.cascade.networks.item_inputs import ItemFeaturesInput
from rankdistill.cascade.networks.multi_interest import MultiInterest

FEATURES = ItemFeatures(
    rows=torch.tensor([1, 0, 0]),
    dense=torch.tensor([[0.5], [-1.0], [2.0]]),
    categories=torch.tensor([[0], [1], [1]]),
    sizes=(2,),
)


def test_an_item_begins_as_its_id_alone():
    assert ItemFeaturesInput(FEATURES, dim=4)(torch.tensor([0, 2])).tolist() == [[0] * 4] * 2


@torch.no_grad()
def test_numbers_and_words_add_up():
    inputs = ItemFeaturesInput(FEATURES, dim=2)
    inputs.numbers.weight.copy_(torch.tensor([[1.0], [2.0]]))
    inputs.words[0].weight.copy_(torch.tensor([[0.0, 0.0], [10.0, 20.0]]))
    assert inputs(torch.tensor([[0, 1, 2]])).tolist() == [[[0.5, 1], [9, 18], [12, 24]]]


def test_items_that_training_seldom_saw_share_an_embedding_and_keep_their_features():
    vocabulary = Vocabulary(2, num_genres=0, num_dense=1, categories=(), has_histories=False)
    network = MultiInterest(vocabulary, 1, 1, 4, [3], FEATURES)
    first, second, third = network.embedded(torch.arange(3))
    torch.testing.assert_close(second, third)
    assert not torch.equal(first, second)
    torch.nn.init.ones_(network.item_features.numbers.weight)
    _, second, third = network.embedded(torch.arange(3))
    torch.testing.assert_close(third - second, torch.full((4,), 3.0))


def test_features_are_no_weights():
    names = ItemFeaturesInput(FEATURES, dim=4).state_dict()
    assert set(names) == {"numbers.weight", "words.0.weight"}
