import re

import pytest
from benchmarks.sections import SECTION, filled, recorded
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from rankdistill.conf_path import conf_dir
from rankdistill.config.option_values import LAUNCHER_PACKAGES
from tests.documents import DOCUMENTS, ROOT, anchors, codes, commands, links
from tests.test_architecture import PACKAGE, rooms_imported

OPTION = re.compile(r"([\w/@]+)=([a-z]\w*|\[[\w,]+\])")
KEY = re.compile(
    r"(backbone|data|distillation|evaluation|seed|sharpness|split|teacher|trainer|training)"
    r"(\.\w+)*=\w[\w.\-]*"
)
HOUSE = ROOT / "docs" / "house.md"
EACH = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def test_the_readme_has_at_most_150_lines():
    assert len(DOCUMENTS[0].read_text("utf-8").splitlines()) <= 150


def test_the_readme_shows_the_two_commands_that_set_everything_up():
    assert commands(DOCUMENTS[0])[:2] == ["make demo", "make test"]


@EACH
def test_every_link_leads_somewhere(document):
    for link in links(document):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@EACH
def test_every_path_in_the_text_exists(document):
    for code in codes(document):
        if re.fullmatch(r"(benchmarks|conf|src|tests|docs)/[\w/.]*", code):
            assert (ROOT / code).exists(), code


@EACH
def test_every_option_in_the_text_exists(document):
    for group, chosen in (found for code in codes(document) for found in OPTION.findall(code)):
        folder = conf_dir() / group.partition("@")[0]
        if folder.is_dir() and "..." not in chosen:
            for option in chosen.strip("[]").split(","):
                is_ours = (folder / f"{option}.yaml").exists()
                assert is_ours or option in LAUNCHER_PACKAGES, f"{group}={chosen}"


@pytest.mark.slow
@EACH
def test_every_key_in_the_text_exists(document):
    """Such as `split=temporal split.ties=file`; a key that is not there does not compose."""
    own_files = (conf_dir() / "data" / "delimited.yaml").read_text("utf-8")
    for code in codes(document):
        words = code.split()
        if all(KEY.fullmatch(word) for word in words):
            keys = [word.removeprefix("data.").partition("=")[0] for word in words]
            of_own_files = any(f"\n{key}:" in own_files for key in keys)
            overrides = ["data=delimited", *words] if of_own_files else words
            GlobalHydra.instance().clear()
            with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
                compose("train", overrides=overrides)


@EACH
def test_the_sections_are_what_was_recorded(document):
    """`python benchmarks/sections.py` copies the records anew."""
    text = document.read_text("utf-8")
    assert filled(document, text, recorded(text)) == text


def test_no_two_sections_have_the_same_name():
    names = [name for path in DOCUMENTS for _, name, *_ in SECTION.findall(path.read_text("utf-8"))]
    assert len(names) == len(set(names))


def test_the_drawing_of_the_house_has_every_room():
    house = HOUSE.read_text("utf-8")
    for room in PACKAGE.glob("*/__init__.py"):
        assert f"<b>{room.parent.name}</b>" in house
        assert f"| `{room.parent.name}` |" in house


@pytest.mark.slow
def test_every_arrow_of_the_drawing_is_an_import():
    arrows = re.findall(r"^ {4}(\w+) --> (\w+)$", HOUSE.read_text("utf-8"), flags=re.M)
    assert arrows
    for room, below in arrows:
        files = (PACKAGE / room).rglob("*.py")
        assert any(below in rooms_imported(path) for path in files), f"{room} --> {below}"


def paths_through_the_house() -> list[list[tuple[str, list[str]]]]:
    """The steps of each path: a file, and the functions in it that the path goes through."""
    (section,) = re.findall(
        r"^## Three paths.*?(?=^## )", HOUSE.read_text("utf-8"), flags=re.S | re.M
    )
    paths = []
    for text in section.split("\n### ")[1:]:
        steps = re.findall(r"^\d+\. `([\w/]+\.py)`: (.+)$", text, flags=re.M)
        paths.append([(file, re.findall(r"`(\w+)`", names)) for file, names in steps])
    return paths


def test_the_paths_through_the_house_name_files_and_what_is_in_them():
    paths = paths_through_the_house()
    assert len(paths) == 3
    for file, names in (step for path in paths for step in path):
        folder = PACKAGE.parent if file.startswith("hydra_plugins/") else PACKAGE
        text = (folder / file).read_text("utf-8")
        assert names, file
        for name in names:
            assert re.search(rf"^ *(def|class) {name}\b", text, flags=re.M), f"{file}: {name}"


def test_no_path_through_the_house_returns_to_a_file_more_than_twice():
    for path in paths_through_the_house():
        files = [file for file, _ in path]
        assert len(files) > 10
        assert not [file for file in files if files.count(file) > 3]
