import pytest

from rankdistill.backbones.lightgcn import LightGCN
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.data.sampling import UniformNegatives
from rankdistill.modules.objectives import Bpr, Softmax
from rankdistill.modules.regular_steps import reason_for_irregular_steps
from rankdistill.modules.sampled_softmax_objective import SampledSoftmax

NEGATIVES = UniformNegatives(exclude_positives=False)
FACTORS = MatrixFactorization(3, 4, 2, init_std=0.1)


@pytest.mark.parametrize("objective", [Softmax(), Bpr(2, NEGATIVES)])
def test_a_factorisation_and_a_known_loss_step_alike(objective):
    assert reason_for_irregular_steps(FACTORS, objective, 0) is None


def test_what_stands_in_the_way_is_named():
    graph = LightGCN.__new__(LightGCN)
    assert reason_for_irregular_steps(graph, Softmax(), 0) == "LightGCN is no matrix factorization"
    sampled = SampledSoftmax(2, NEGATIVES, shared=True, corrected=True)
    said = reason_for_irregular_steps(FACTORS, sampled, 0)
    assert said == "SampledSoftmax is none of Bpr, Gbce, Pointwise, Softmax"
    said = reason_for_irregular_steps(FACTORS, Softmax(), 3)
    assert said == "its weights are rounded while it learns"
