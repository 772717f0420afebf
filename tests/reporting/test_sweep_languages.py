import base64
import hashlib
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from tests.reporting.made_document import EVIL, PNG, TEX, made_document

from rankdistill.reporting.html import html_report
from rankdistill.reporting.latex import latex_escaped, latex_report
from rankdistill.reporting.sweep_markdown import markdown_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
VOID = {"meta", "img", "input", "br", "link"}


class Tags(HTMLParser):
    """Start tags with their attributes, and whether every element is closed."""

    def __init__(self, page):
        super().__init__()
        self.found, self.open, self.text = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_markdown_begins_with_counts_and_errors_and_aligns_its_table(tmp_path):
    text = markdown_report(made_document(tmp_path), top=2)
    lines = text.splitlines()
    assert lines[2] == "3 jobs: 2 ok, 1 failed."
    assert text.index("Failed:") < text.index("## What matters") < text.index("## Configurations")
    assert "One thing matters. Another does not." in lines
    table = lines[lines.index("## Configurations") + 2 :][:4]
    assert table == [
        "|   # | name |    size | difference |",
        "| --: | ---- | ------: | ---------: |",
        "|   1 | b    |   900 B |     -.0100 |",
        "|   2 | a    | 1.00 kB |     +.0200 |",
    ]
    assert "2 of 3; all are in report.html." in lines
    assert '![Effects "of" &lt;axes&gt;](figures/effects.png)' in lines


def test_markdown_has_no_tag_and_no_cell_from_a_file(tmp_path):
    text = markdown_report(made_document(tmp_path), top=9)
    assert "<script" not in text
    assert "](https" not in text
    assert r"&lt;a&gt; \|" in text


def test_latex_escapes_what_means_something_to_it():
    assert latex_escaped(TEX) == (
        r"50\% of\_a \{b\} \& \#1 \$x\$ \textasciitilde{}\textasciicircum{}\textbackslash{} "
        r"\textless{}a\textgreater{} \textbar{} [x](https:)"
    )
    assert latex_escaped("-.0100") == "$-$.0100"
    assert latex_escaped("-") == "-"
    assert latex_escaped(".2 ± .1") == r".2 $\pm$ .1"


def test_latex_tables_have_booktabs_rules_and_as_many_cells_as_columns(tmp_path):
    text = latex_report(made_document(tmp_path), top=2)
    assert text.count(r"\begin{tabular}{rlrr}") == 1
    assert re.findall(r"\\(\w+rule)", text) == ["toprule", "midrule", "bottomrule"]
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert rows == [
        r"\# & name & size & difference \\",
        r"1 & b & 900 B & $-$.0100 \\",
        r"2 & a & 1.00 kB & +.0200 \\",
    ]
    assert text.count("{") == text.count("}")


def test_latex_of_a_sweep_without_results_is_a_comment(tmp_path):
    text = latex_report(made_document(tmp_path, with_tables=False), top=2)
    assert all(line.startswith("%") for line in text.splitlines() if line)


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
    assert sources == [f"data:image/png;base64,{base64.b64encode(PNG).decode()}"]
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
const result = document.createElement("pre");
result.id = "result";
result.textContent = said.join(";");
document.body.append(result);
"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on PATH")
def test_clicks_sort_numbers_as_numbers_and_words_filter_in_a_browser(tmp_path):
    page = html_report(made_document(tmp_path))
    digest = base64.b64encode(hashlib.sha256(PLAY.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)  # ours may run too
    path = tmp_path / "report.html"
    path.write_text(page.replace("</body>", f"<script>{PLAY}</script></body>"))
    ran = subprocess.run(
        [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            f"--user-data-dir={tmp_path / 'profile'}",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r'<pre id="result">(.*?)</pre>', ran.stdout)
    assert found, ran.stderr[-2000:]
    assert found.group(1).split(";") == [
        "size:ascending=bac",
        "size:descending=abc",
        "difference:ascending=bac",
        "#:ascending=bac",
        "1 of 3 rows=a",
        "sorted=1",
        "title=true",
    ]
