import pytest
import torch
from tests.cascade.runs.small_cascade import small_cascade, small_data

from rankdistill.cascade.data.stretches import stretches_of
from rankdistill.cascade.runs.bench import Scores
from rankdistill.cascade.runs.models import make_final_ranker
from rankdistill.cascade.runs.scoring import example_probabilities
from rankdistill.cascade.runs.teacher_log import TeacherLog


@pytest.fixture
def case(tmp_path):
    cfg = small_cascade(tmp_path, "log.rescore=4", "log.stretches=3")
    datamodule, data = small_data()
    final = make_final_ranker(cfg, data, datamodule).eval()
    probabilities = example_probabilities(final.logits, data.examples["train"], 8)
    scores = Scores({}, {"train": probabilities, "validation": probabilities[:0]})
    return data, final, probabilities, TeacherLog(cfg, data, final, scores, torch.device("cpu"))


@pytest.mark.slow
def test_each_stretch_is_logged_by_the_ranker_that_was_trained_before_it(case, tmp_path):
    data, final, probabilities, log = case
    asked = []

    def obtain(past):
        asked.append((past.stretches, past.stretch))
        return final

    log.walk(3, obtain)
    examples, counts = log.examples(tmp_path, {"rescore": 0})
    first = stretches_of(examples, data.requests.times, 3) == 0
    assert asked == [(3, 1), (3, 2)]
    assert not examples.teacher_weights[first].any()
    assert counts.not_logged == int(first.sum())
    torch.testing.assert_close(examples.teacher[~first], probabilities[~first])


@pytest.mark.slow
def test_further_candidates_are_scored_once_by_the_final_ranker(case, tmp_path):
    data, final, _, log = case
    examples, _ = log.examples(tmp_path, {"stretches": 1})
    further = examples.label_weights == 0
    spent = log.rescoring
    again, _ = log.examples(tmp_path, {"stretches": 1})
    assert log.rescoring is spent
    assert torch.equal(again.teacher[further], examples.teacher[further])
    assert spent["candidates"] == int(further.sum())
    request, item = examples.request_ids[further][:1], examples.item_ids[further][:1]
    with torch.inference_mode():
        known = final.network.users(data.users.take(request))
        logits = final.network(known, item[None], data.pairs(request, item)[None])
    torch.testing.assert_close(examples.teacher[further][:1], logits[0].sigmoid())
