import torch
from tests.draws.made_draws import seeded_draws
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.last_items import NOTHING
from rankdistill.backbones.window_backbone import WindowBackbone
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences

CONTEXTS = Contexts(torch.tensor([0, 1, 0]), torch.tensor([2, 1, 2]))


class LastItem(WindowBackbone):
    """A network whose vectors are those of the last item, and which counts what it encodes."""

    def __init__(self) -> None:
        super().__init__(num_users=2, length=1, targets=1)
        self.item_embedding = nn.Embedding(4, 3)
        self.item_bias = nn.Parameter(torch.arange(4.0))
        self.encoded = 0
        sequences = Sequences(torch.tensor([0, 3, 4]), torch.tensor([2, 0, 3, 1]), 4)
        self.remember_order(sequences, seeded_draws())

    @override
    def encode(self, contexts: Contexts, draws: Draws | None) -> Tensor:
        self.encoded += len(contexts)
        windows = self.windows_of(contexts)
        assert not bool((windows == NOTHING).any())
        return self.item_embedding(windows.squeeze(1))


def test_scores_are_products_of_contexts_and_items():
    network = LastItem()
    table = network.item_embedding.weight
    wanted = table[[0, 1, 0]] @ table.t() + network.item_bias
    torch.testing.assert_close(network.score_rows(CONTEXTS), wanted)
    items = torch.tensor([[3], [2], [1]])
    torch.testing.assert_close(network(CONTEXTS, items), wanted.gather(1, items))


def test_a_context_is_encoded_once_in_a_batch():
    network = LastItem()
    batch = network.read(CONTEXTS)
    batch.score_rows(CONTEXTS)
    batch.score_items(CONTEXTS, torch.tensor([[3], [2], [1]]))
    assert network.encoded == 2


def test_users_are_embedded_at_the_ends_of_their_histories():
    network = LastItem()
    users = network.embeddings().users
    torch.testing.assert_close(users, network.item_embedding.weight[[3, 1]])
