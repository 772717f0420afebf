import math

import pytest
import torch

from rankdistill.cascade.networks.soft_cut import (
    PENALTIES,
    RequestCuts,
    cut_thresholds,
    soft_cut_loss,
)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def cut_of(top_k, kept, weights, more=0):
    """The cut with bounds that the sizes reach, or that are larger by some."""
    return RequestCuts(top_k, kept, weights, int(top_k.max()) + more, int(kept.max()) + more)


def slow_loss(early, final, known, top_k, kept, weights, temperature, penalty):
    """One request after the other, in plain Python."""
    losses = []
    for s, f, there, k, m, w in zip(early, final, known, top_k, kept, weights, strict=True):
        ids = [i for i in range(len(s)) if there[i]]
        if len(ids) <= m:
            continue
        ordered = sorted((s[i] for i in ids), reverse=True)
        threshold = (ordered[m - 1] + ordered[m]) / 2
        top = sorted(ids, key=lambda i: -f[i])[:k]
        chances = [sigmoid((s[i] - threshold) / temperature) for i in top]
        lost = [1 - c if penalty == "share" else -math.log(c) for c in chances]
        losses.append(w * sum(lost) / k)
    return sum(losses) / len(losses) if losses else 0.0


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("more", [0, 1, 20])
@pytest.mark.parametrize("seed", range(4))
def test_the_loss_is_that_of_a_slow_loop_over_requests(penalty, seed, more):
    generator = torch.Generator().manual_seed(seed)
    early, final = torch.randn(2, 7, 11, generator=generator, dtype=torch.float64)
    known = torch.rand(7, 11, generator=generator) < 0.7
    known[:, :3] = True
    top_k = torch.randint(1, 4, (7,), generator=generator)
    kept = top_k + torch.randint(0, 6, (7,), generator=generator)
    weights = torch.rand(7, generator=generator, dtype=torch.float64)
    loss = soft_cut_loss(early, final, known, cut_of(top_k, kept, weights, more), 0.7, penalty)
    arguments = [each.tolist() for each in (early, final, known, top_k, kept, weights)]
    assert float(loss) == pytest.approx(slow_loss(*arguments, 0.7, penalty))


def test_the_threshold_lies_halfway_between_the_last_kept_and_the_first_cut():
    scores = torch.tensor([[3.0, 1.0, 0.0, 9.0], [5.0, 7.0, -2.0, 1.0]])
    known = torch.tensor([[True, True, True, False], [True, True, True, True]])
    thresholds = cut_thresholds(scores, known, torch.tensor([1, 3]), 3)
    assert thresholds.tolist() == [(3 + 1) / 2, (1 - 2) / 2]


def test_the_loss_matches_values_worked_by_hand():
    early, known = torch.tensor([[3.0, 1.0, 0.0]]), torch.ones(1, 3).bool()
    final = torch.tensor([[0.1, 0.9, 0.2]])
    sizes = cut_of(torch.tensor([1]), torch.tensor([1]), torch.ones(1))
    # The final ranker's best has the score 1; the threshold is 2, two widths of .5 above it.
    share = soft_cut_loss(early, final, known, sizes, 0.5, "share")
    log = soft_cut_loss(early, final, known, sizes, 0.5, "log")
    assert float(share) == pytest.approx(1 - sigmoid(-2))
    assert float(log) == pytest.approx(-math.log(sigmoid(-2)))


def test_to_raise_all_scores_of_a_request_alike_changes_nothing():
    generator = torch.Generator().manual_seed(1)
    early = torch.randn(4, 8, generator=generator, requires_grad=True)
    final, known = torch.randn(4, 8, generator=generator), torch.ones(4, 8).bool()
    sizes = cut_of(torch.tensor([2, 2, 1, 3]), torch.tensor([4, 3, 2, 5]), torch.ones(4))
    loss = soft_cut_loss(early, final, known, sizes, 0.5, "log")
    (gradient,) = torch.autograd.grad(loss, early)
    torch.testing.assert_close(gradient.sum(1), torch.zeros(4), atol=1e-6, rtol=0)
    torch.testing.assert_close(soft_cut_loss(early + 3, final, known, sizes, 0.5, "log"), loss)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_request_that_keeps_all_its_candidates_loses_nothing(penalty):
    early = torch.randn(2, 5, generator=torch.Generator().manual_seed(2), requires_grad=True)
    known = torch.tensor([[True] * 3 + [False] * 2, [False] * 5])
    sizes = cut_of(torch.tensor([2, 1]), torch.tensor([3, 1]), torch.ones(2))
    loss = soft_cut_loss(early, early.detach(), known, sizes, 1.0, penalty)
    (gradient,) = torch.autograd.grad(loss, early)
    assert float(loss.detach()) == 0
    assert not gradient.any()
