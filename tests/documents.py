"""README.md and docs/ as a reader meets them: their commands, their Python and their links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
CASES = "data_cases.md"
"""Its tables hold what a person may type wrongly, what came of it before, and what comes now."""

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


class Block(NamedTuple):
    """A fenced block: its language and its text."""

    language: str
    text: str


def blocks(document: Path) -> list[Block]:
    """All fenced blocks, in order."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", document.read_text("utf-8"), flags=re.S | re.M)
    return [Block(*each) for each in found]


def commands(document: Path) -> list[str]:
    """The lines of all blocks that are to be typed."""
    typed = [block.text for block in blocks(document) if block.language == "bash"]
    return [line for text in typed for line in text.strip().splitlines()]


def prose(document: Path) -> str:
    """The text without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.S | re.M)


def links(document: Path) -> list[str]:
    """Targets of links and pictures that lie in this repository."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(document))
    return [target for target in targets if "://" not in target]


def anchors(document: Path) -> set[str]:
    """Names by which a link reaches the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(document), flags=re.M)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in kept}


def codes(document: Path) -> list[str]:
    """What stands between single backticks; not what a page shows as typed wrongly."""
    text = prose(document)
    if document.name == CASES:
        text = re.sub(r"^\|[^|]*\|[^|]*\|", "|", text.replace("\\|", " "), flags=re.M)
    return re.findall(r"`([^`\n]+)`", text)
