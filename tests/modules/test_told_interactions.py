import torch
from tests.from_conf import settings_in

from rankdistill.backbones.sasrec import SASRec
from rankdistill.data.interactions import Interactions
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.told_interactions import tell_interactions


def interactions(items):
    times = torch.arange(len(items))
    users = torch.zeros(len(items), dtype=torch.int64)
    return Interactions.from_pairs(users, torch.tensor(items), 1, 5, timestamps=times)


def network():
    torch.manual_seed(0)
    return SASRec(1, 5, **settings_in("backbone/sasrec", embedding_dim=4)).eval()


def test_a_network_that_reads_order_is_told_the_latest_items():
    train, seen = interactions([3, 0]), interactions([3, 0, 2])
    late, early = network(), network()
    tell_interactions(late, train, latest=seen)
    tell_interactions(early, seen)
    whole = Contexts(torch.tensor([0]))
    torch.testing.assert_close(late.score_rows(whole), early.score_rows(whole))
    tell_interactions(late, train)
    assert not torch.allclose(late.score_rows(whole), early.score_rows(whole))
