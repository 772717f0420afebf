"""Fill the generated sections of README.md and docs/ with what was measured.

    python benchmarks/sections.py

A section stands between `<!-- results:NAME -->` and `<!-- /results -->`. Where NAME ends in .md,
it is a copy of benchmarks/results/NAME; this command copies all of them anew. The other sections
are written by the benchmark that measures them.
"""

from __future__ import annotations

import re
from pathlib import Path

from rankdistill.files import write_text_atomically

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
SECTION = re.compile(r"(<!-- results:(\S+) -->\n)(.*?)(<!-- /results -->)", flags=re.S)


def documents() -> list[Path]:
    """README.md and everything in docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def put(name: str, content: str) -> None:
    """Replace the content of the section of this name.

    Args:
        name: The section's; one document has it.
        content: Markdown whose pictures are named from the root of the repository.
    """
    place, text = _document_of(name)
    write_text_atomically(place, filled(place, text, {name: content}))


def copy_records() -> None:
    """Fill the sections that are copies of recorded files."""
    for place in documents():
        text = place.read_text(encoding="utf-8")
        write_text_atomically(place, filled(place, text, recorded(text)))


def recorded(text: str) -> dict[str, str]:
    """The recorded files that a document has a section for, by name; those that are there."""
    names = [name for _, name, *_ in SECTION.findall(text) if name.endswith(".md")]
    paths = {name: RESULTS / name for name in names}
    return {
        name: path.read_text(encoding="utf-8").strip()
        for name, path in paths.items()
        if path.exists()
    }


def filled(place: Path, text: str, contents: dict[str, str]) -> str:
    """A document's text with new contents in the sections that are named."""

    def section(found: re.Match[str]) -> str:
        start, name, _, end = found.groups()
        if name not in contents:
            return found[0]
        return f"{start}\n{_from(place, contents[name].strip())}\n\n{end}"

    return SECTION.sub(section, text)


def _document_of(name: str) -> tuple[Path, str]:
    for place in documents():
        text = place.read_text(encoding="utf-8")
        if f"<!-- results:{name} -->" in text:
            return place, text
    raise ValueError(f"No document has a section <!-- results:{name} -->.")


def _from(place: Path, content: str) -> str:
    """Name pictures from the folder of the document instead of the root."""
    up = "../" * (len(place.relative_to(ROOT).parts) - 1)
    return content.replace("](benchmarks/", f"]({up}benchmarks/")


if __name__ == "__main__":
    copy_records()
