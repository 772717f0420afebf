import base64
import hashlib
import re

import pytest
from tests.browser import PHONE_WIDTH, Tags, measured_on_a_phone, needs_a_browser, told_by
from tests.reporting.made_document import EVIL, TEX, made_document

from rankdistill.reporting.html import html_report


def test_the_page_is_well_formed_and_loads_nothing(tmp_path):
    page = html_report(made_document(tmp_path))
    tags = Tags(page)
    assert tags.open == []
    assert not re.search(r"(?:https?:)?//[a-z]", page.replace("// Rows", ""))
    sources = [
        value
        for _, attributes in tags.found
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "action"}
    ]
    assert sources == []
    assert '<svg viewBox="0 0 374 200"><path d="M0 0L9 9"/></svg>' in page
    assert [tag for tag, _ in tags.found].count("script") == 1
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags.found


def test_names_from_files_are_text_in_the_page(tmp_path):
    tags = Tags(html_report(made_document(tmp_path)))
    text = "".join(tags.text)
    assert text.count(EVIL) >= 4  # two titles, an error, a job
    assert TEX in text


def test_the_policy_of_the_page_allows_its_own_script_alone(tmp_path):
    page = html_report(made_document(tmp_path))
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    policy = next(a for tag, a in Tags(page).found if tag == "meta" and "http-equiv" in a)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script.group(1).encode()).digest()).decode()
    assert policy["content"] == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'"
    )


def test_headers_are_buttons_and_the_rank_says_how_rows_are_sorted(tmp_path):
    page = html_report(made_document(tmp_path))
    headers = re.findall(r'<th scope="col".*?</th>', page)
    assert all("<button" in header for header in headers)
    assert [header for header in headers if "aria-sort" in header] == [
        next(header for header in headers if ">#<" in header)
    ]


def test_without_results_the_jobs_are_open_to_see(tmp_path):
    shut = html_report(made_document(tmp_path))
    assert '<details id="jobs">' in shut
    opened = html_report(made_document(tmp_path, with_tables=False))
    assert '<details id="jobs" open>' in opened


PLAY = """
const table = document.querySelector("#configurations table");
const header = (title) => Array.from(table.tHead.rows[0].cells).find((cell) =>
  cell.textContent.startsWith(title));
const said = [];
const say = (what) => {
  const rows = Array.from(table.tBodies[0].rows).filter((row) => !row.hidden);
  said.push(what + "=" + rows.map((row) => row.cells[2].textContent).join(""));
};
for (const [title, times] of [["size", 2], ["difference", 1], ["#", 1]]) {
  for (let time = 0; time < times; time++) {
    header(title).querySelector("button").click();
    say(title + ":" + header(title).getAttribute("aria-sort"));
  }
}
const box = document.querySelector("#configurations input");
box.value = "KB a";
box.dispatchEvent(new Event("input"));
say(document.querySelector("#configurations output").textContent);
said.push("sorted=" + document.querySelectorAll("#configurations [aria-sort]").length);
said.push("title=" + document.title.startsWith("Sweep"));
tell(said);
"""


@pytest.mark.slow
@needs_a_browser
def test_clicks_sort_numbers_as_numbers_and_words_filter_in_a_browser(tmp_path):
    page = html_report(made_document(tmp_path))
    assert told_by(page, PLAY, tmp_path) == [
        "size:ascending=bac",
        "size:descending=abc",
        "difference:ascending=bac",
        "#:ascending=bac",
        "1 of 3 rows=a",
        "sorted=1",
        "title=true",
    ]


MEASURE = """
const shown = (row) => Array.from(row.cells).filter((cell) => cell.offsetWidth).map((cell) =>
  cell.textContent);
tell({
  page: page.documentElement.scrollWidth,
  figure: page.querySelector("svg").getBoundingClientRect().width,
  name: page.querySelector("#configurations th").offsetWidth,
  shown: shown(page.querySelector("#configurations tbody tr")),
});
"""


@pytest.mark.slow
@needs_a_browser
def test_on_a_phone_figures_fit_and_numbers_stand_beside_a_narrow_name(tmp_path):
    measured = measured_on_a_phone(html_report(made_document(tmp_path)), MEASURE, tmp_path)
    assert measured["page"] <= PHONE_WIDTH
    assert PHONE_WIDTH - 50 < measured["figure"] < PHONE_WIDTH
    assert measured["name"] < 0.4 * PHONE_WIDTH
    assert measured["shown"] == ["1 b", "900 B", "-.0100"]
