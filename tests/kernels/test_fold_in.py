"""New users get the one vector that the loss of training finds with the items held fixed."""

import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import minimize

from rankdistill.kernels.fold_in import LOSSES, FoldIn, folded_scores

ITEMS, DIM = 30, 4
RANDOM = np.random.default_rng(0)
TABLE, BIAS = RANDOM.normal(size=(ITEMS, DIM)), RANDOM.normal(size=ITEMS)
HAD = (RANDOM.random((5, ITEMS)) < 0.3).astype(float)
HAD[3], HAD[4] = 0, 0
HAD[3, 7] = 1  # one user with one item, one with none


def objective(loss, vector, had, l2):
    """The definition, in a loop over pairs."""
    scores = TABLE @ vector[:DIM] + BIAS + (vector[DIM] if len(vector) > DIM else 0)
    scores = torch.tensor(scores)
    others = scores[had == 0]
    total = l2 / 2 * float(vector @ vector)
    for item in np.flatnonzero(had):
        own = scores[item]
        if loss == "softmax":
            total += float(torch.logsumexp(scores, 0) - own)
        elif loss == "bpr":
            total += float(F.softplus(others - own).mean())
        else:
            total += float(F.softplus(-own) + F.softplus(others).mean())
    return total


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("l2", [0.3, 5.0])
def test_the_vectors_minimise_the_loss_as_it_is_defined(loss, l2):
    scores = folded_scores(np, TABLE, BIAS, HAD, FoldIn(loss, l2))
    width = DIM + (loss == "pointwise")
    for row in (0, 3):
        found = minimize(lambda v, r=row: objective(loss, v, HAD[r], l2), np.zeros(width), tol=1e-9)
        expected = TABLE @ found.x[:DIM] + BIAS + (found.x[DIM] if width > DIM else 0)
        np.testing.assert_allclose(scores[row], expected, atol=2e-4)


@pytest.mark.parametrize("loss", LOSSES)
def test_pytorch_and_numpy_agree_on_scores(loss):
    how = FoldIn(loss, 1.0)
    ours = folded_scores(np, TABLE, BIAS, HAD, how)
    theirs = folded_scores(torch, *map(torch.tensor, (TABLE, BIAS, HAD)), how)
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_users_are_fitted_each_by_themselves(loss):
    how = FoldIn(loss, 0.5)
    together = folded_scores(np, TABLE, None, HAD, how)
    for row in range(len(HAD)):
        alone = folded_scores(np, TABLE, None, HAD[row : row + 1], how)
        np.testing.assert_allclose(together[row], alone[0], atol=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
def test_an_empty_history_leaves_the_items_in_the_order_of_their_biases(loss):
    scores = folded_scores(np, TABLE, BIAS, HAD, FoldIn(loss, 1.0))[4]
    assert scores.argsort().tolist() == BIAS.argsort().tolist()


def test_a_large_l2_leaves_little_of_a_history():
    scores = folded_scores(np, TABLE, BIAS, HAD, FoldIn("softmax", 1e9))
    np.testing.assert_allclose(scores, np.tile(BIAS, (5, 1)), atol=1e-6)


def test_scores_stay_finite_where_items_are_huge():
    scores = folded_scores(np, 1e3 * TABLE, BIAS, HAD, FoldIn("softmax", 1e-3))
    assert np.isfinite(scores).all()


def test_another_loss_is_refused_by_name():
    with pytest.raises(ValueError, match="by softmax, bpr, pointwise, not by 'hinge'"):
        folded_scores(np, TABLE, BIAS, HAD, FoldIn("hinge", 1.0))


@pytest.mark.slow
def test_the_file_imports_neither_pytorch_nor_numpy():
    code = (
        "import sys, rankdistill.kernels.fold_in;"
        "assert not {'torch', 'numpy', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
