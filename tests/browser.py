"""Read a page as a parser does, and run it in a headless Chromium."""

from __future__ import annotations

import base64
import hashlib
import html
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


def with_script(page, script):
    """The page with a further script at its end, which the page's policy lets run."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    return page.replace("</body>", f"<script>{script}</script></body>")


def result_in_a_browser(path, folder, fragment=""):
    """Open a page and return the text that its scripts left in the element "result"."""
    ran = subprocess.run(
        [
            str(_CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *("--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}"),
            path.as_uri() + fragment,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r'<pre id="result">(.*?)</pre>', ran.stdout, re.DOTALL)
    assert found, ran.stderr[-2000:]
    return html.unescape(found.group(1))
