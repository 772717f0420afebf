from types import MappingProxyType

import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.balance import Balance
from rankdistill.distillation.weighting import PositionWeighting
from rankdistill.losses import bpr
from rankdistill.modules.baked_in import baked_in, first_difference
from rankdistill.modules.objectives import Gbce


def changed(roots, change):
    before = baked_in(roots)
    change()
    return first_difference(before, baked_in(roots))


def test_what_a_tensor_holds_may_change_and_where_it_lies_may_not():
    tables = {"weights": torch.zeros(3)}
    assert changed({"loss": tables}, lambda: tables["weights"].add_(1)) is None
    longer = torch.zeros(4)
    assert changed({"loss": tables}, lambda: tables.update(weights=longer)) == "loss.weights"


def test_values_of_objects_of_this_package_are_found_however_deep_they_lie():
    weighting = PositionWeighting(3.0)
    roots = {"methods": [MappingProxyType({"ranking": weighting})]}

    def change():
        weighting.lambda_ = 4.0

    assert changed(roots, change) == "methods.0.ranking.lambda_"


def test_what_is_added_or_taken_away_is_a_difference():
    values = [1, 2]
    assert changed({"of": values}, lambda: values.append(3)) == "of.2"
    assert changed({"of": values}, values.clear) == "of.0"


def test_draws_count_in_the_place_where_they_are_read():
    draws = seeded_draws()
    assert changed({"draws": draws}, lambda: draws.integers(9, (2,))) is None


def test_objects_that_name_each_other_are_looked_into_once():
    one, other = PositionWeighting(1.0), PositionWeighting(2.0)
    one.other, other.other = other, one
    found = baked_in({"one": one})
    assert found == {"one.lambda_": 1.0, "one.other.lambda_": 2.0}


def test_functions_and_objects_of_others_are_taken_as_they_are():
    assert baked_in({"a": bpr.bpr, "b": object(), "c": Balance}) == {}


def test_a_loss_shows_its_settings():
    found = baked_in({"loss": Gbce(3, object(), 0.5)})
    assert found == {"loss.num_negatives": 3, "loss.t": 0.5}
