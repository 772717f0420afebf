import torch

from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences

THREE = Sequences(torch.tensor([0, 3, 3, 5]), torch.tensor([4, 0, 5, 2, 1]), num_items=6)


def test_without_an_end_a_context_reads_the_whole_history():
    assert THREE.ends_of(Contexts(torch.tensor([2, 1, 0]))).tolist() == [2, 0, 3]
    ends = torch.tensor([1, 0])
    assert THREE.ends_of(Contexts(torch.tensor([2, 1]), ends)).tolist() == [1, 0]


def test_every_user_and_end_has_a_number_of_its_own_without_gaps():
    users = torch.tensor([0, 0, 0, 0, 1, 2, 2, 2])
    ends = torch.tensor([0, 1, 2, 3, 0, 0, 1, 2])
    assert THREE.numbers_of(Contexts(users, ends)).tolist() == list(range(8))
