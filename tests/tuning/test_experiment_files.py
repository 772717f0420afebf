import pytest

from rankdistill.conf_path import conf_dir
from rankdistill.tuning.experiment_files import find_experiment, module_of


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("defaults: [override /module: teacher]", "teacher"),
        (
            "defaults:\n  - /sharpness: broad\n  - override /module: student\n  - _self_\n",
            "student",
        ),
        ("defaults: [override module: student]", "student"),
        ("defaults: [override /module@other: student]", None),
        ("defaults: [_self_]\ntrainer: {patience: 2}", None),
        ("trainer: {patience: 2}", None),
        ("# @package _global_\n", None),
    ],
)
def test_the_module_that_a_file_chooses(text, module, tmp_path):
    (tmp_path / "mine.yaml").write_text(text)
    assert module_of(tmp_path / "mine.yaml") == module


def test_experiments_are_found_here_and_in_the_users_folders(tmp_path):
    (tmp_path / "experiment").mkdir()
    own = tmp_path / "experiment" / "mine.yaml"
    own.write_text("")
    assert find_experiment("mine", [str(tmp_path)]) == own
    assert find_experiment("mine", []) is None
    assert find_experiment("blog", []) == conf_dir() / "experiment" / "blog.yaml"
