"""Put what was measured between two marks of the README."""

from __future__ import annotations

import re
from pathlib import Path

from rankdistill.files import write_text_atomically

README = Path(__file__).parents[1] / "README.md"


def put(mark: str, content: str) -> None:
    """Replace what stands between ``<!-- results:mark -->`` and the next closing mark."""
    pattern = rf"(<!-- results:{mark} -->\n).*?(<!-- /results -->)"
    text = README.read_text()
    filled = re.sub(pattern, lambda found: f"{found[1]}\n{content}\n\n{found[2]}", text, flags=re.S)
    write_text_atomically(README, filled)
