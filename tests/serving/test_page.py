import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest
from tests.browser import PHONE_WIDTH, Tags, measured_on_a_phone, needs_a_browser, told_by
from tests.serving.made_catalogue import HOSTILE_TITLES, ITEM_IDS, made_catalogue

from rankdistill.quoting import printable
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.tables import decoded, encoded, stored_bytes
from rankdistill.serving.page import html_page
from rankdistill.serving.rank_model import RankModel
from rankdistill.serving.scorers import make_scorer


def stored_in(page):
    """What the page's block of JSON holds."""
    found = re.search(r'<script type="application/octet-stream" id="model">(.*?)</script>', page)
    assert found is not None
    return json.loads(zlib.decompress(base64.b64decode(found.group(1), validate=True)))


def told_by_the_page(model, script, folder, fragment=""):
    """What a script tells of the page of a model, once that is there."""
    page = html_page(model)
    return told_by(page, f"ready.then(() => {{\n{script}\n}});", folder, fragment)


def split(joined):
    return tuple(joined[1:].split(joined[0]))


def test_the_page_is_well_formed_and_loads_nothing():
    page = html_page(made_catalogue())
    tags = Tags(page)
    assert tags.open == []
    sources = [
        value
        for _, attributes in tags.found
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "action"}
    ]
    assert sources == ["data:,"]
    assert not re.search(r"https?:|url\(|@import", page)
    assert [tag for tag, _ in tags.found].count("script") == 2  # the model, and what reads it
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags.found


def test_ids_and_titles_stay_where_they_are_whatever_they_hold():
    page = html_page(made_catalogue())
    stored = stored_in(page)
    assert split(stored["ids"]) == ITEM_IDS
    assert split(stored["titles"])[:6] == tuple(map(printable, HOSTILE_TITLES))
    assert "<b>made up" not in page
    assert "&lt;b&gt;made up" in page


def test_the_policy_of_the_page_allows_its_own_script_and_no_connection():
    page = html_page(made_catalogue())
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    policy = next(a for tag, a in Tags(page).found if tag == "meta" and "http-equiv" in a)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script.group(1).encode()).digest()).decode()
    assert policy["content"] == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_the_page_holds_the_rows_as_the_file_does_and_nothing_of_users():
    model = made_catalogue()
    page = html_page(model)
    stored = stored_in(page)
    for name, table in model.tables.items():
        assert base64.b64decode(stored["tables"][name]["codes"]) == table.codes.tobytes()
        assert base64.b64decode(stored["tables"][name]["exponents"]) == table.exponents.tobytes()
    assert stored["counts"] == model.item_counts.tolist()
    assert set(stored) == {"ids", "titles", "counts", "power", "foldIn", "tables"}
    assert "secret" not in json.dumps(stored)
    assert "secret" not in page


def test_the_page_of_a_factorisation_holds_the_items_and_how_new_users_are_fitted():
    model = made_catalogue("factors", fold_in=("bpr", 0.5))
    page = html_page(model)
    stored = stored_in(page)
    assert set(stored["tables"]) == {"items", "item_bias"}
    assert stored["foldIn"] == {"loss": "bpr", "l2": 0.5, "mostCompared": 256}
    assert "secret" not in json.dumps(stored)
    kept = sum(stored_bytes(model.tables[name]) for name in ("items", "item_bias"))
    assert f"Weights: {kept:,} bytes as int6." in page


def test_a_model_without_titles_or_popularity_has_a_page():
    stored = stored_in(html_page(replace(made_catalogue(), item_titles=(), item_counts=None)))
    assert (stored["titles"], stored["counts"]) == (None, None)


@pytest.mark.parametrize("bits", [6, 8])
def test_a_page_of_1682_items_in_16_dimensions_takes_less_than_150_kilobytes(bits):
    random = np.random.default_rng(0)
    shapes = {"history_items": (1682, 16), "items": (1682, 16), "item_bias": (1682,)}
    model = replace(
        made_catalogue(),
        tables={
            name: encoded(name, random.standard_normal(shape).astype(np.float32), bits)
            for name, shape in shapes.items()
        },
        item_ids=tuple(map(str, range(1682))),
        item_titles=tuple(f"A title {n} {random.bytes(6).hex()}" for n in range(1682)),
        item_counts=random.integers(1, 500, 1682),
    )
    assert len(html_page(model).encode()) < 150_000


def test_a_model_of_its_own_users_alone_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"its own users alone: .* or train a factorisation anew"):
        html_page(made_catalogue("factors"))


def test_a_network_is_refused_with_what_to_do():
    model = RankFile(kind="network", storage="fp32", tables={"any": np.ones(2, np.float32)})
    with pytest.raises(ValueError, match=r"of kind network, which takes PyTorch: export a student"):
        html_page(model)


def test_weights_that_are_no_numbers_are_refused():
    model = made_catalogue(bits=32)
    tables = {**model.tables, "item_bias": np.full(60, np.nan, np.float32)}
    with pytest.raises(ValueError, match="not all finite"):
        html_page(replace(model, tables=tables))


UNPACK = """
const said = {};
for (const name in model.tables) {
  said[name] = Array.from(new Uint32Array(model.tables[name].buffer));
}
tell(said);
"""


@pytest.mark.slow
@needs_a_browser
@pytest.mark.parametrize("bits", [32, 16, 8, 6, 5, 4])
def test_the_page_unpacks_the_weights_bit_for_bit(bits, tmp_path):
    model = made_catalogue(bits=bits)
    unpacked = told_by_the_page(model, UNPACK, tmp_path)
    for name, table in model.tables.items():
        assert unpacked[name] == decoded(table).view(np.uint32).ravel().tolist()


CLICK = """
const found = [];
for (const history of HISTORIES) {
  byId("clear").click();
  for (const row of history) {
    box.value = model.titles[row];
    box.dispatchEvent(new Event("input"));
    Array.from(options.children).find((each) => Number(each.dataset.row) === row).click();
  }
  found.push(Array.from(byId("list").children, (entry) => [
    entry.querySelector(".text > p").textContent,
    Array.from(entry.querySelectorAll(".because bdi"), (each) => each.textContent),
  ]));
}
tell(found);
"""


def random_histories(number):
    """Rows of items, and among them none at all."""
    random = np.random.default_rng(8)
    lengths = [0, *random.integers(1, 12, number - 1)]
    return [random.choice(len(ITEM_IDS), length, replace=False).tolist() for length in lengths]


@pytest.mark.slow
@needs_a_browser
@pytest.mark.parametrize(
    ("kind", "bits"), [("history", 32), ("history", 6), ("history", 4), ("item_item", 8)]
)
def test_clicks_get_the_list_and_the_reasons_of_numpy_for_fifty_histories(kind, bits, tmp_path):
    model = made_catalogue(kind, bits)
    histories = random_histories(50)
    script = CLICK.replace("HISTORIES", json.dumps(histories))
    found = told_by_the_page(model, script, tmp_path)
    reader = RankModel.of(model)
    for history, listed in zip(histories, found, strict=True):
        expected = reader.recommend(history=[ITEM_IDS[row] for row in history], reasons=2)
        assert listed == [
            [printable(item.title), [printable(reason.title) for reason in reasons]]
            for item, reasons in zip(expected, expected.because_of, strict=True)
        ]


@pytest.mark.slow
@needs_a_browser
@pytest.mark.parametrize(("loss", "l2"), [("softmax", 5.0), ("bpr", 0.5), ("pointwise", 1.0)])
def test_clicks_get_the_list_of_folded_in_users_for_fifty_histories(loss, l2, tmp_path):
    model = made_catalogue("factors", 8, fold_in=(loss, l2))
    histories = random_histories(50)
    script = CLICK.replace("HISTORIES", json.dumps(histories))
    found = told_by_the_page(model, script, tmp_path)
    reader = RankModel.of(model)
    for history, listed in zip(histories, found, strict=True):
        expected = reader.recommend(history=[ITEM_IDS[row] for row in history])
        assert listed == [[printable(item.title), []] for item in expected]


SCORES = """
tell(HISTORIES.map((history) => Array.from(model.scores(history))));
"""


@pytest.mark.slow
@needs_a_browser
@pytest.mark.parametrize(
    ("loss", "l2", "has_bias"),
    [("softmax", 5.0, True), ("bpr", 0.1, True), ("pointwise", 0.3, False)],
)
def test_scores_of_folded_in_users_are_those_of_numpy(loss, l2, has_bias, tmp_path):
    random = np.random.default_rng(2)
    number = 600  # more than BPR compares with
    shapes = {"users": (2, 10), "items": (number, 10)}
    shapes |= {"item_bias": (number,)} if has_bias else {}
    model = replace(
        made_catalogue("factors", fold_in=(loss, l2)),
        tables={n: random.standard_normal(shapes[n]).astype(np.float32) for n in shapes},
        item_ids=tuple(map(str, range(number))),
        item_titles=(),
        item_counts=None,
    )
    lengths = [1, 3, 40, 300, number]
    histories = [random.choice(number, length, replace=False).tolist() for length in lengths]
    script = SCORES.replace("HISTORIES", json.dumps(histories))
    found = told_by_the_page(model, script, tmp_path)
    expected = make_scorer(model).of_histories([np.array(history) for history in histories])
    np.testing.assert_allclose(found, expected, atol=1e-4)


PLAY = """
const said = [];
const say_ = (what, value) => said.push(`${what}: ${value}`);
const texts = (id, part) => Array.from(byId(id).querySelectorAll(part), (each) =>
  each.textContent);
const press = (key) => box.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const type = (text) => { box.value = text; box.dispatchEvent(new Event("input")); };
const at = () => document.activeElement.id || document.activeElement.getAttribute("aria-label");

say_("warning", byId("warning").textContent);
say_("picks of the link", texts("picks", "bdi"));
byId("undo").click();
say_("undone", byId("nothing").hidden + " " + byId("list-title").textContent);
say_("then", at() + " " + byId("undo").disabled + " " + location.hash);
box.focus();
type("FILM number");
say_("offered", options.children.length + ", " + byId("hint").textContent);
const first = options.children[0].textContent;
const second = options.children[1].textContent;
press("ArrowDown");
say_("active", box.getAttribute("aria-activedescendant") + " " + box.ariaExpanded);
press("ArrowUp");
press("ArrowUp");
say_("round", box.getAttribute("aria-activedescendant"));
press("ArrowDown");
press("ArrowDown");
press("Enter");
say_("entered", texts("picks", "bdi")[0] === second);
say_("told", byId("status").textContent.startsWith(`${second} added. First in the list: `));
say_("box", box.value + at() + box.ariaExpanded);
type("film");
say_("the most popular first", options.children[0].textContent === first);
press("Escape");
say_("shut", options.hidden + " " + box.value);
press("Escape");
say_("emptied", box.value === "");
type("amelie");
say_("without accents", texts("options", "bdi")[0].slice(0, 6));
type("no such words");
say_("none", options.hidden + " " + byId("hint").textContent);
type(second);
say_("picked", byId("hint").textContent);
type("<img");
options.children[0].click();
say_("hostile", texts("picks", "bdi")[1] + " " + document.querySelectorAll("img").length);
byId("list").querySelectorAll("button")[2].click();
say_("focus stays", document.activeElement === byId("list").querySelectorAll("button")[2]);
say_("link", decodeURIComponent(location.hash.split(",")[1]));
byId("picks").querySelectorAll("button")[2].click();
say_("focus after removal", document.activeElement ===
  byId("picks").querySelectorAll("button")[1]);
byId("more").click();
say_("more", byId("list").children.length + " " + (document.activeElement ===
  byId("list").querySelectorAll("button")[10]));
byId("share").click();
say_("shared", byId("link").value === location.href && !byId("link").hidden);
byId("clear").click();
say_("cleared", byId("picks").children.length + " " + byId("share").disabled);
byId("undo").click();
say_("back", byId("picks").children.length);
say_("title", document.title);
tell(said);
"""


@pytest.mark.slow
@needs_a_browser
def test_keys_clicks_and_links_do_what_a_person_expects(tmp_path):
    link = "#likes=1%2C2,100%25,1%2C2,gone,%E0%A4%A,,item-9"
    assert told_by_the_page(made_catalogue(), PLAY, tmp_path, link) == [
        "warning: The link names “gone”, “%E0%A4%A”, which this page does not know. "
        "The rest is here.",
        "picks of the link: " + ",".join([*map(printable, HOSTILE_TITLES[:2]), "Film number 9"]),
        "undone: false Popular, to begin with",
        "then: search true ",
        "offered: 8, 8 of 54 titles",
        "active: option-1 true",
        "round: option-7",
        "entered: true",
        "told: true",
        "box: searchfalse",
        "the most popular first: true",
        "shut: true film",
        "emptied: true",
        "without accents: Amélie",
        "none: true No title has these words.",
        "picked: You have picked it.",
        "hostile: <img src=x onerror=alert(1)> 0",
        "focus stays: true",
        "link: a b\n",
        "focus after removal: true",
        "more: 20 true",
        "shared: true",
        "cleared: 0 true",
        "back: 2",
        "title: Pick what you like: <b>made up</b>",
    ]


MEASURE = """
const sizes = Array.from(page.querySelectorAll("button"), (each) =>
  each.getBoundingClientRect()).filter((size) => size.height);
tell({
  page: page.documentElement.scrollWidth,
  lowest: Math.min(...sizes.map((size) => Math.min(size.height, size.width))),
  right: Math.max(...sizes.map((size) => size.right)),
});
"""


@pytest.mark.slow
@needs_a_browser
def test_on_a_phone_nothing_is_cut_off_and_fingers_hit_the_buttons(tmp_path):
    link = "#likes=%C3%A9%26%3D%23,item-9"
    measured = measured_on_a_phone(html_page(made_catalogue()), MEASURE, tmp_path, link)
    assert measured["page"] <= PHONE_WIDTH
    assert measured["right"] <= PHONE_WIDTH - 16
    assert measured["lowest"] >= 44
