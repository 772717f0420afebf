from tests.cascade.reporting.made_cascade import made_cascade

from rankdistill.cascade.reporting.looks import looks_of


def test_every_model_has_a_look_of_its_own():
    looks = looks_of(made_cascade())
    assert list(looks) == ["final_ranker", "none", "auxiliary", "shared"]
    assert len({look.colour for look in looks.values()}) == 4
    assert len({look.marker for look in looks.values()}) == 4
