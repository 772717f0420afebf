import pytest

from rankdistill.config.yaml_aliases import refuse_alias_bombs

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcde", "bcdef", strict=True)
)


def written(tmp_path, text):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize("form", ["--config-dir={}", "-cd {}", "hydra.searchpath=[file://{}]"])
@pytest.mark.parametrize("text", [BOMB, "a: &a [*a]\n"])
def test_aliases_that_multiply_are_refused_wherever_the_folder_is_named(form, text, tmp_path):
    arguments = form.format(written(tmp_path, text)).split()
    with pytest.raises(ValueError, match=r"mine\.yaml holds more than 100,000 values"):
        refuse_alias_bombs(["experiment=mine", *arguments])


@pytest.mark.parametrize("text", ["a: &a [1, 2]\nb: [*a, *a]\n", "", "a: [\n", "a: ${b}\n"])
def test_a_plain_file_passes(text, tmp_path):
    refuse_alias_bombs(["--config-dir", str(written(tmp_path, text))])
