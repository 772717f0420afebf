import itertools
import re

import pytest

from rankdistill.evaluation.gap import MAY_BE_CHANCE, NOT_BETTER
from rankdistill.reporting.verdict_text import verdict_text


def against(metric, own, teacher, shown):
    return {"metric": metric, "own": own, "teacher": teacher, "shown": shown}


def judged(**changes):
    return {
        "model": "distilled_student",
        "seed": 2,
        "times_smaller": 19.82,
        "against_teacher": [against("map@5", 0.19, 0.21, True)],
        "gap": {"metric": "map@5", "closed": 0.667, "reason": None},
        "teacher_epochs": None,
        "advice": None,
        **changes,
    }


def test_the_usual_verdict_reads_as_written_by_hand():
    assert verdict_text(judged(), "out/model.rank") == (
        "Ship out/model.rank (the distilled student of seed 2, best on validation): its "
        "weights are 20 times smaller than the teacher's. Against the teacher it loses MAP@5 "
        "(.1900 for .2100). Distillation closed 67% of the gap in MAP@5."
    )


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"times_smaller": 4.96}, "its weights are 5.0 times smaller than the teacher's."),
        ({"times_smaller": 1.0}, "its weights are no smaller than the teacher's."),
        (
            {"against_teacher": [against("map@5", 0.2, 0.21, False)]},
            "Nothing is shown to be lost against the teacher: MAP@5 (.2000 for .2100).",
        ),
        (
            {"against_teacher": [against("map@5", 0.2, 0.21, None)]},
            "No test says what is lost against the teacher: MAP@5 (.2000 for .2100).",
        ),
        (
            {
                "against_teacher": [
                    against("map@5", 0.3, 0.2, True),
                    against("ndcg@10", 0.28, 0.3, True),
                ]
            },
            "Against the teacher it loses NDCG@10 (.2800 for .3000).",
        ),
        (
            {"against_teacher": [against("map@5", 0.3, 0.2, True)]},
            "It beats the teacher in MAP@5 (.3000 for .2000).",
        ),
        (
            {"gap": {"metric": "map@5", "closed": 0.1, "reason": None}, "advice": "tune"},
            "Distillation closed 10% of the gap in MAP@5; for more, try rankdistill tune data=x.",
        ),
        (
            {
                "gap": {"metric": "map@5", "closed": None, "reason": MAY_BE_CHANCE},
                "advice": "nothing_to_gain",
            },
            "Distillation has nothing to gain here: the teacher's lead over the student may be "
            "chance.",
        ),
        (
            {
                "gap": {"metric": "map@5", "closed": None, "reason": NOT_BETTER},
                "advice": "tune_teacher",
            },
            "The teacher is not better than the student: first try rankdistill tune "
            "tuning=teacher data=x.",
        ),
        (
            {"teacher_epochs": 1, "advice": "tune_teacher"},
            "The teacher stopped improving after 1 epoch: first try rankdistill tune "
            "tuning=teacher data=x.",
        ),
        (
            {
                "teacher_epochs": 2.5,
                "advice": "tune_teacher",
                "gap": {"metric": "map@5", "closed": None, "reason": NOT_BETTER},
            },
            "The teacher stopped improving after 2.5 epochs and the teacher is not better than "
            "the student: first try rankdistill tune tuning=teacher data=x.",
        ),
        (
            {"model": "student", "advice": "tune"},
            "Distillation did not help here: try rankdistill tune data=x.",
        ),
    ],
)
def test_each_finding_has_its_words(changes, part):
    assert part in verdict_text(judged(**changes), "model.rank", ["data=x"])


def test_there_are_never_more_than_three_sentences():
    losses = [against("map@5", 0.1, 0.2, True), against("ndcg@10", 0.1, 0.2, True)]
    advice = [
        ("tune_teacher", None, MAY_BE_CHANCE, 3),
        ("tune_teacher", None, NOT_BETTER, None),
        ("nothing_to_gain", None, MAY_BE_CHANCE, None),
        ("tune", 0.1, None, None),
        (None, 0.9, None, None),
    ]
    choices = itertools.product(["student", "distilled_student"], [losses, []], advice)
    for model, lost, (advised, closed, reason, epochs) in choices:
        content = {
            "model": model,
            "against_teacher": lost or [against("map@5", 0.2, 0.2, False)],
            "gap": {"metric": "map@5", "closed": closed, "reason": reason},
            "teacher_epochs": epochs,
            "advice": advised,
        }
        text = verdict_text(judged(**content), "model.rank", ["data.path=a.csv"])
        assert len(re.findall(r"\.(?= |$)", text)) == 3
        assert "None" not in text


def test_a_refit_is_named_as_never_tested():
    text = verdict_text(judged(refit=True), "refit/model.rank")
    assert text.startswith(
        "Ship refit/model.rank (the distilled student of seed 2, best on validation, fitted again "
        "on all data and never tested in that form): its weights are 20 times smaller"
    )
