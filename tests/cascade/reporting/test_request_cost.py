from tests.cascade.reporting.made_cascade import made_cascade

from rankdistill.cascade.reporting.request_cost import cost_sentence, request_cost


def test_a_request_costs_all_early_scores_and_the_final_scores_of_those_kept():
    cost = request_cost(made_cascade())
    assert cost.cascade(100) == 2_000 * 2_000 + 12_000 + 100 * 40_000
    assert cost.final_alone == 80_000_000


def test_the_cost_is_said_in_round_numbers_and_shares():
    text = cost_sentence(request_cost(made_cascade()), 100)
    assert "costs the early ranker 2.00 k FLOPs, 5% of the final ranker's 40.0 k." in text
    assert "keeps 100 of them 8.01 M FLOPs, 10% of the 80.0 M of the final ranker on all." in text
