import re

import pytest
from benchmarks.sections import SECTION, filled, recorded
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from rankdistill.conf_path import conf_dir
from tests.documents import DOCUMENTS, ROOT, anchors, codes, commands, links

OPTION = re.compile(r"([\w/@]+)=([a-z]\w*|\[[\w,]+\])")
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
                assert (folder / f"{option}.yaml").exists(), f"{group}={chosen}"


@EACH
def test_every_key_in_the_text_exists(document):
    """Such as `data.min_rating=4`; whatever a command does not have composes to an error."""
    for code in codes(document):
        if re.fullmatch(r"(trainer|split|seed|training|evaluation|teacher)\.\w+=[\w.\-]+", code):
            GlobalHydra.instance().clear()
            with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
                compose("train", overrides=[code])


@EACH
def test_the_sections_are_what_was_recorded(document):
    """`python benchmarks/sections.py` copies the records anew."""
    text = document.read_text("utf-8")
    assert filled(document, text, recorded(text)) == text


def test_no_two_sections_have_the_same_name():
    names = [name for path in DOCUMENTS for _, name, *_ in SECTION.findall(path.read_text("utf-8"))]
    assert len(names) == len(set(names))


def test_the_drawing_of_the_house_has_every_room():
    house = (ROOT / "docs" / "house.md").read_text("utf-8")
    for room in (ROOT / "src" / "rankdistill").glob("*/__init__.py"):
        assert f"<b>{room.parent.name}</b>" in house
        assert f"| `{room.parent.name}` |" in house
