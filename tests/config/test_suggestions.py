import functools
import random

import pytest
from hydra.errors import HydraException

from rankdistill.building import did_you_mean
from rankdistill.config.command_line import CommandLine
from rankdistill.config.suggestions import candidates_for
from rankdistill.errors import explain

LINES = [
    CommandLine("train"),
    CommandLine("train", ("distillation=[soft_targets]",)),
    CommandLine("train", ("distillation=[plackett_luce,dual_correction]", "size=d2")),
    CommandLine("train", ("module=student", "ranking_loss=bpr", "negatives=popularity")),
    CommandLine("train", ("weighting=hybrid", "student_rank=sampled", "teacher=ensemble")),
    CommandLine("train", ("backbone=lightgcn", "data=delimited", "split=leave_last_out")),
    CommandLine("compare", ("experiment=list_wise_d8",)),
    CommandLine("tune", ("tuning=topology", "trainer=gpu")),
    CommandLine("cascade", ("cascade/log=tenth",)),
    CommandLine("recommend", ("data=synthetic",)),
    CommandLine("export"),
]


@pytest.fixture
def composed_once(monkeypatch):
    """Let a command line be composed once, however many of its misspellings are looked at."""
    monkeypatch.setattr(CommandLine, "compose", functools.cache(CommandLine.compose))


def explained(line: CommandLine) -> str:
    with pytest.raises(HydraException) as caught:
        line.compose()
    return explain(caught.value, line)


def misspelt(key: str, chance: random.Random) -> str:
    """A key with a letter left out, doubled, or in the place of its neighbour."""
    start = key.rfind(".") + 1
    place = chance.randrange(start, max(start + 1, len(key) - 1))
    head, tail = key[:place], key[place:]
    return chance.choice(
        [head + tail[1:], head + tail[:1] + tail, head + tail[1:2] + tail[:1] + tail[2:]]
    )


def is_of_another(typo: str, key: str, known: list[str]) -> bool:
    """Whether a misspelling is a key, or another key than it comes from with a letter too many."""
    shorter = {typo[:place] + typo[place + 1 :] for place in range(len(typo))}
    return typo in known or bool(shorter & (set(known) - {key}))


@pytest.mark.slow
@pytest.mark.usefixtures("composed_once")
@pytest.mark.parametrize("line", LINES, ids=str)
def test_a_misspelt_key_is_told_the_nearest_of_those_that_the_chosen_groups_have(line):
    known = candidates_for("nonsense", line)
    chance = random.Random(0)
    typos = {misspelt(key, chance): key for key in known if len(key.rpartition(".")[2]) > 4}
    typos = {typo: key for typo, key in typos.items() if not is_of_another(typo, key, known)}
    assert typos
    wrong = []
    for typo, key in typos.items():
        candidates = candidates_for(typo, line)
        assert set(candidates) <= set(known)
        if f"did you mean {key!r}?" not in did_you_mean(typo, candidates):
            wrong.append((typo, key))
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("method", ["ranking", "soft_targets", "plackett_luce", "unbiased"])
def test_the_key_that_was_typed_is_never_suggested(method):
    line = CommandLine("train", (f"distillation=[{method}]", "distillation.exclude_seen=true"))
    message = explained(line)
    assert message.startswith("There is no setting 'distillation.exclude_seen'; ")
    assert "did you mean 'distillation.exclude_seen'" not in message


@pytest.mark.parametrize("method", ["ranking", "soft_targets"])
@pytest.mark.parametrize("form", ["{}=true", "~{}"])
def test_a_key_in_the_wrong_place_is_told_the_right_one_of_the_chosen_method(method, form):
    wrong = form.format("distillation.exclude_seen")
    line = CommandLine("train", (f"distillation=[{method}]", wrong))
    assert f"did you mean 'distillation.methods.{method}.exclude_seen'?" in explained(line)


def test_a_setting_of_a_group_that_was_not_chosen_is_not_suggested():
    line = CommandLine("train", ("module=student", "distillation.alhpa=0.5"))
    assert "distillation" not in explained(line).partition(";")[2]


def test_an_entry_of_a_search_space_is_no_setting():
    space = "++tuning.space={distillation.alhpa:{low:0,high:1}}"
    line = CommandLine("tune", ("study=s", space, "distillation.alhpa=0"))
    assert "did you mean 'distillation.alpha'?" in explained(line)


def test_a_group_for_another_package_is_suggested_with_it():
    line = CommandLine("train", ("sise@teacher=d4",))
    assert explained(line) == "There is no setting 'sise@teacher'; did you mean 'size@teacher'?"


def test_two_mistakes_do_not_hide_what_was_chosen():
    overrides = ("distillation=[soft_targets]", "trainer.max_epoch=1", "distillation.temprature=2")
    line = CommandLine("train", overrides)
    names = candidates_for("distillation.methods.soft_targets.temprature", line)
    assert "distillation.methods.soft_targets.temperature" in names
    assert "distillation.methods.ranking.top_k" not in names


def test_a_grid_is_told_of_its_first_job():
    line = CommandLine("train", ("distillation=[soft_targets],[ranking]", "size=d2,d4"))
    assert "distillation.methods.soft_targets.temperature" in candidates_for("nonsense", line)


def test_an_option_of_the_users_own_folder_is_suggested(tmp_path):
    own = tmp_path / "experiment"
    own.mkdir()
    (own / "mine.yaml").write_text("# @package _global_\n", encoding="utf-8")
    line = CommandLine.typed("train", ["experiment=mien", "--config-dir", str(tmp_path), "-m"])
    assert explained(line) == "There is no experiment=mien; did you mean 'experiment=mine'?"
