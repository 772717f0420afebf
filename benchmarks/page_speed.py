"""How fast the page of `rankdistill export format=page` is in a headless Chromium.

    python benchmarks/page_speed.py

Writes pages of made-up models as int6, and times in each: a list of ten with its reasons, a click
from the press to the page laid out anew, and a search. Keeps the table in
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
from threading import Timer
from typing import Any

import numpy as np

from machine import keep
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.tables import encoded, storage_name
from rankdistill.serving.page import html_page
from sections import copy_records

BITS = 6
FISM, SOFTMAX = "FISM of 16", "factorisation of 10, softmax"
MODELS = {
    FISM: 16,
    SOFTMAX: 10,
    "factorisation of 10, bpr": 10,
    "factorisation of 10, pointwise": 10,
}
"""Names with the dimensions; a factorisation is fitted by the loss that its name ends with."""
L2 = {"softmax": 5.0, "bpr": 0.5, "pointwise": 0.5}
CATALOGUES = {1_682: (2000, tuple(MODELS)), 100_000: (100, (FISM, SOFTMAX))}
"""How many lists are timed, and for which models."""
MOST_SECONDS = 300
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
ready.then(() => {
const opened = performance.now();
const list = timed(LISTS, drawn, (rows) =>
  model.recommend(rows, LISTED).map((row) => model.reasons(rows, row, REASONS)));
const press = () => byId("list").querySelectorAll("button")[random(LISTED)];
const click = timed(Math.min(300, LISTS), () => {
  if (history.length > 50) byId("clear").click();
  return press();
}, (button) => { button.click(); document.body.offsetHeight; });
const words = ["a", "night", "the river", "stone ho", "summer garden"];
const search_ = timed(200, () => words[random(words.length)], (text) => {
  box.value = text;
  offer();
  document.body.offsetHeight;
});
const told = { list, click, search: search_ };
for (const name in told) {
  told[name] = [0.5, 0.95, 0.99, 1].map((share) =>
    told[name][Math.max(0, Math.ceil(share * told[name].length) - 1)]);
}
console.log("measured " + JSON.stringify({ opened, agent: navigator.userAgent, ...told }) + " end");
});
"""


def made_model(name: str, num_items: int) -> RankFile:
    """Random weights and titles."""
    random = np.random.default_rng(0)
    dim, is_history = MODELS[name], name == FISM
    rows = {"history_items": num_items} if is_history else {"users": 1}
    shapes = {key: (number, dim) for key, number in {**rows, "items": num_items}.items()}
    loss = name.rpartition(" ")[2]
    words = random.choice(WORDS, (num_items, 3))
    return RankFile(
        kind="history" if is_history else "factors",
        storage=storage_name(BITS),
        tables={
            key: encoded(key, random.standard_normal(shape).astype(np.float32), BITS)
            for key, shape in {**shapes, "item_bias": (num_items,)}.items()
        },
        settings={"power": 0.5} if is_history else {f"fold_in_{loss}": L2[loss]},
        item_ids=tuple(map(str, range(num_items))),
        item_titles=tuple(f"The {' '.join(row)} {n}" for n, row in enumerate(words.tolist())),
        item_counts=random.integers(0, 1000, num_items),
        user_ids=() if is_history else ("somebody",),
    )


def timed_in_chromium(page: str, lists: int, chromium: str) -> dict[str, Any]:
    """Quantiles of milliseconds by what was done; and the browser's name."""
    script = TIMED.replace("LISTS", str(lists))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    # The browser's helpers write into its profile for a moment after it has ended.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "page.html"
        path.write_text(page.replace("</body>", f"<script>{script}</script></body>"), "utf-8")
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr")
        command = [chromium, *options, f"--user-data-dir={folder}/profile", path.as_uri()]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as browser:
            assert browser.stderr is not None
            stop = Timer(MOST_SECONDS, browser.terminate)
            stop.start()
            try:
                for line in browser.stderr:
                    if (found := re.search("measured (.*) end", line)) is not None:
                        return json.loads(found.group(1))
            finally:
                stop.cancel()
                browser.terminate()
                browser.wait()
    raise RuntimeError("The page did not answer.")


def main() -> None:
    """Measure and keep the table."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("There is no Chromium on PATH: nothing was measured.")
    lines = [
        "| items | model | page | opened | what | p50 | p95 | p99 | longest |",
        "| --: | --- | --: | --: | --- | --: | --: | --: | --: |",
    ]
    agent = ""
    pages = [
        (number, lists, name) for number, (lists, names) in CATALOGUES.items() for name in names
    ]
    for num_items, lists, name in pages:
        page = html_page(made_model(name, num_items))
        took = timed_in_chromium(page, lists, chromium)
        agent = re.sub(r".*(?:Headless)?Chrome/(\d+).*", r"Chromium \1", took["agent"])
        size = f"{len(page.encode()) / 1000:,.0f} kB"
        for what in ("list", "click", "search") if name == FISM else ("list",):
            quantiles = " | ".join(f"{each:.1f}" for each in took[what])
            cells = f"{num_items:,} | {name} | {size} | {took['opened']:.0f} | {what}"
            lines.append(f"| {cells} | {quantiles} |")
    title = (
        f"Milliseconds in {agent}, whose clock ticks every .1 ms; weights as "
        f"{storage_name(BITS)}, histories of 1 to 50 items. *List*: ten items with two reasons "
        "each; a factorisation fits a vector, and has none. *Click*: from the press of a + to the "
        "page laid out anew. *Search*: from the text to the titles offered. *Opened*: from the "
        "request of the file to a page that answers."
    )
    keep("page_speed", [title, "", *lines])
    copy_records()


if __name__ == "__main__":
    main()
