"""How fast the page of `rankdistill export format=page` is in a headless Chromium.

    python benchmarks/page_speed.py

Writes pages of made-up models of 16 dimensions as int6, and times in each: a list of ten with its
reasons, a click from the press to the page laid out anew, and a search. Keeps the table in
benchmarks/results/page_speed.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from machine import keep
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.tables import encoded, storage_name
from rankdistill.serving.page import html_page
from sections import copy_records

CATALOGUES = (1_682, 100_000)
DIM, BITS = 16, 6
WORDS = ("last", "night", "river", "stone", "house", "summer", "garden", "winter", "king", "letter")

TIMED = """
const random = (below) => Math.floor(Math.random() * below);
const drawn = () => Array.from({ length: 1 + random(50) }, () => random(model.ids.length));
const timed = (number, prepare, act) => {
  const took = [];
  for (let time = 0; time < number; time++) {
    const given = prepare();
    const start = performance.now();
    act(given);
    took.push(performance.now() - start);
  }
  return took.sort((a, b) => a - b);
};
const opened = performance.now();
const list = timed(2000, drawn, (rows) =>
  model.recommend(rows, LISTED).map((row) => model.reasons(rows, row, REASONS)));
const press = () => byId("list").querySelectorAll("button")[random(LISTED)];
const click = timed(300, () => {
  if (history.length > 50) byId("clear").click();
  return press();
}, (button) => { button.click(); document.body.offsetHeight; });
const words = ["a", "night", "the river", "stone ho", "summer garden"];
const search_ = timed(200, () => words[random(words.length)], (text) => {
  box.value = text;
  offer();
  document.body.offsetHeight;
});
const result = document.createElement("pre");
result.id = "result";
result.textContent = JSON.stringify({
  opened: [opened], list, click, search: search_, agent: navigator.userAgent,
});
document.body.append(result);
"""


def made_model(num_items: int) -> RankFile:
    """Random weights and titles."""
    random = np.random.default_rng(0)
    shapes = {"history_items": (num_items, DIM), "items": (num_items, DIM), "item_bias": num_items}
    words = random.choice(WORDS, (num_items, 3))
    return RankFile(
        kind="history",
        storage=storage_name(BITS),
        tables={
            name: encoded(name, random.standard_normal(shape).astype(np.float32), BITS)
            for name, shape in shapes.items()
        },
        settings={"power": 0.5},
        item_ids=tuple(map(str, range(num_items))),
        item_titles=tuple(f"The {' '.join(row)} {n}" for n, row in enumerate(words.tolist())),
        item_counts=random.integers(0, 1000, num_items),
    )


def timed_in_chromium(page: str, chromium: str) -> dict[str, Any]:
    """Milliseconds by what was done, sorted; and the browser's name."""
    digest = base64.b64encode(hashlib.sha256(TIMED.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(page.replace("</body>", f"<script>{TIMED}</script></body>"), "utf-8")
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom")
        command = [chromium, *options, f"--user-data-dir={folder}/profile", path.as_uri()]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r'<pre id="result">(.*?)</pre>', ran.stdout)
    if found is None:
        raise RuntimeError(f"The page did not answer: {ran.stderr[-1000:]}")
    return json.loads(found.group(1))


def main() -> None:
    """Measure and keep the table."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("There is no Chromium on PATH: nothing was measured.")
    lines = [
        "| items | page | opened | what | p50 | p95 | p99 | longest |",
        "| --: | --: | --: | --- | --: | --: | --: | --: |",
    ]
    agent = ""
    for num_items in CATALOGUES:
        page = html_page(made_model(num_items))
        took = timed_in_chromium(page, chromium)
        agent = re.sub(r".*(?:Headless)?Chrome/(\d+).*", r"Chromium \1", took["agent"])
        size = f"{len(page.encode()) / 1000:,.0f} kB"
        for name in ("list", "click", "search"):
            times = took[name]
            quantiles = " | ".join(f"{np.quantile(times, q):.1f}" for q in (0.5, 0.95, 0.99, 1))
            opened = f"{took['opened'][0]:.0f}"
            lines.append(f"| {num_items:,} | {size} | {opened} | {name} | {quantiles} |")
    title = (
        f"Milliseconds in {agent}, whose clock ticks every .1 ms; {DIM} dimensions as "
        f"{storage_name(BITS)}, histories of 1 to 50 items. *List*: ten items with two reasons "
        "each. *Click*: from the press of a + to the page laid out anew. *Search*: from the text "
        "to the titles offered. *Opened*: from the request of the file to a page that answers."
    )
    keep("page_speed", [title, "", *lines])
    copy_records()


if __name__ == "__main__":
    main()
