import torch

from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences

SEQUENCES = Sequences(torch.tensor([0, 2, 2, 5]), torch.tensor([3, 1, 0, 1, 2]), 4)


def test_a_context_without_an_end_reads_the_whole_history():
    assert SEQUENCES.ends_of(Contexts(torch.tensor([2, 0, 1]))).tolist() == [3, 2, 0]
    asked = Contexts(torch.tensor([2, 0]), torch.tensor([1, 0]))
    assert SEQUENCES.ends_of(asked).tolist() == [1, 0]


def test_every_user_and_end_have_a_number_of_their_own():
    pairs = [(user, end) for user, count in enumerate([2, 0, 3]) for end in range(count + 1)]
    asked = Contexts(*(torch.tensor(column) for column in zip(*pairs, strict=True)))
    assert SEQUENCES.numbers_of(asked).tolist() == list(range(len(pairs)))
