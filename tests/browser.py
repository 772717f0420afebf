"""Read a page as a parser does, and run it in a headless Chromium."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_VOID = {"meta", "img", "input", "br", "link"}

needs_a_browser = pytest.mark.skipif(_CHROMIUM is None, reason="needs Chromium on PATH")


class Tags(HTMLParser):
    """Start tags with their attributes, and whether every element is closed."""

    def __init__(self, page):
        super().__init__()
        self.found, self.open, self.text = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


_TELL = """
function tell(value) {
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = JSON.stringify(value);
  document.body.append(result);
}
"""
"""What a script of a test ends with: it hands its result over."""

PHONE_WIDTH = 390
"""Of a page that ``measured_on_a_phone`` opens, in pixels."""


def with_script(page, script):
    """The page with a further script at its end, which the page's policy lets run."""
    script = _TELL + script
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    return page.replace("</body>", f"<script>{script}</script></body>")


def told_by(page, script, folder, fragment=""):
    """What the script tells of the page, opened with the fragment in its address."""
    path = folder / "page.html"
    path.write_text(with_script(page, script), encoding="utf-8")
    return _told(path, folder, fragment)


def measured_on_a_phone(page, script, folder, fragment=""):
    """What the script tells of ``page``, a document as wide as a phone, a second after it loads."""
    (folder / "page.html").write_text(page, encoding="utf-8")
    frame = f'src="page.html{fragment}" width="{PHONE_WIDTH}" height="800"'
    path = folder / "phone.html"
    path.write_text(
        f"""<iframe {frame}></iframe><script>{_TELL}
        document.querySelector("iframe").addEventListener("load", (event) => {{
          const page = event.target.contentDocument;
          setTimeout(() => {{ {script} }}, 1000);
        }});</script>"""
    )
    return _told(path, folder)


def _told(path, folder, fragment=""):
    """Run the page for some seconds of its own clock, which does not tick while anything runs."""
    ran = subprocess.run(
        [
            str(_CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            "--virtual-time-budget=10000",
            *("--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}"),
            path.as_uri() + fragment,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r'<pre id="result">(.*?)</pre>', ran.stdout, re.DOTALL)
    assert found, ran.stderr[-2000:]
    return json.loads(html.unescape(found.group(1)))
