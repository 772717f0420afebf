import pytest
from tests.running import SMALL, composed

from rankdistill.backbones.ease import Ease
from rankdistill.backbones.listed import EmbeddedLists, Listed
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.backbones.sasrec import SASRec
from rankdistill.building import build
from rankdistill.conf_path import conf_dir
from rankdistill.config.groups import options_in
from rankdistill.modules.unfit_networks import LIST_METHODS, refuse_unfit_networks

pytestmark = pytest.mark.slow  # composes the configuration of every method

METHODS = [name for name in options_in(conf_dir() / "distillation") if name != "auto"]


def refuse(teacher, *options, student=MatrixFactorization, from_factors=False):
    names = [option for option in options if "=" not in option]
    typed = [option for option in options if "=" in option]
    cfg = composed("train", *SMALL, f"distillation=[{','.join(names)}]", *typed)
    methods = {name: build(method) for name, method in cfg.distillation.methods.items()}
    refuse_unfit_networks(methods, teacher, student, from_factors=from_factors)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_takes_lists_or_is_refused_with_those_that_do(name):
    if name in LIST_METHODS:
        refuse(Listed, name)
        return
    with pytest.raises(ValueError, match=f"distillation={name} .*choose among ranking, plackett"):
        refuse(Listed, name)


@pytest.mark.parametrize("name", ["plackett_luce", "dual_correction"])
def test_an_item_side_is_refused_with_what_turns_it_off(name):
    on = f"distillation.methods.{name}.item_side=true"
    with pytest.raises(ValueError, match=rf"type distillation\.methods\.{name}\.item_side=false"):
        refuse(Listed, name, on)
    refuse(Ease, name, on)


def test_a_start_from_the_teachers_factors_is_refused():
    with pytest.raises(ValueError, match="type initialization=random"):
        refuse(Listed, "ranking", from_factors=True)
    refuse(Ease, "ranking", from_factors=True)


@pytest.mark.parametrize("name", ["experts", "topology"])
def test_methods_that_compare_embeddings_take_those_of_a_file(name):
    refuse(EmbeddedLists, name)
    with pytest.raises(ValueError, match=r"teacher\.item_embeddings=\.\.\. and teacher\.user_emb"):
        refuse(Listed, name)
    with pytest.raises(ValueError, match="the teacher Ease has none"):
        refuse(Ease, name)
    with pytest.raises(ValueError, match="the student Ease has none"):
        refuse(None, name, student=Ease)


@pytest.mark.parametrize("name", ["heterogeneous", "ease_assisted"])
def test_a_method_for_whole_users_is_refused_to_a_student_that_learns_from_places(name):
    with pytest.raises(ValueError, match="SASRec learns from places in their histories: choose"):
        refuse(MatrixFactorization, name, student=SASRec)


def test_it_is_refused_without_a_trajectory_too():
    one = "distillation.methods.heterogeneous.trajectory=1"
    with pytest.raises(ValueError, match="SASRec learns from places in their histories: choose"):
        refuse(MatrixFactorization, "heterogeneous", one, student=SASRec)


def test_of_a_teacher_that_a_checkpoint_will_tell_nothing_is_refused():
    refuse(None, *METHODS, from_factors=True)
