"""What a file is by its first bytes, where it is no plain text."""

from __future__ import annotations

import io
import zipfile

PARQUET = b"PAR1"

_ZIP = b"PK\x03\x04"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BINARY = {
    b"\xfd7zXZ\x00": ("an xz archive", "unpack it with: xz -dk {source}"),
    b"BZh": ("a bzip2 archive", "unpack it with: bzip2 -dk {source}"),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", "unpack it with: zstd -dk {source}"),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", "unpack it first"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "save the sheet as CSV (UTF-8)"),
    b"SQLite format 3\x00": ("an SQLite database", "export the table as CSV"),
    b"\x89HDF": ("an HDF5 file", "export the table as CSV or Parquet"),
    b"ARROW1": ("an Arrow file", "save the table as Parquet"),
    b"\x93NUMPY": ("a NumPy array", "save the table as CSV or Parquet"),
    b"ORC": ("an ORC file", "save the table as Parquet"),
}


def refuse_other_kinds(data: bytes, source: str) -> None:
    """Raise a ValueError that names a file which is neither plain text nor Parquet.

    Args:
        data: The file, unpacked if it was gzipped.
        source: What messages call it.
    """
    if data.startswith(_ZIP):
        raise ValueError(f"{source} is {_zip_kind(data, source)}.")
    for magic, (kind, advice) in _BINARY.items():
        if data.startswith(magic):
            raise ValueError(f"{source} is {kind}: {advice.format(source=source)}.")
    head = data[:4096]
    if head.startswith(_UTF_16) or (len(head) > 3 and head.count(b"\0") * 3 > len(head)):
        raise ValueError(f"{source} is UTF-16 text; save the file as UTF-8.")
    if head.lstrip()[:1] in (b"{", b"["):
        raise ValueError(f"{source} reads like JSON; save the table as CSV or Parquet.")


def refuse_lone_carriage_returns(data: bytes, source: str) -> None:
    """Raise a ValueError where lines end in CR alone, as on old Macs."""
    if b"\r" in data and data.count(b"\r") > data.count(b"\n"):
        raise ValueError(
            f"The lines of {source} end in CR alone, as on old Macs: convert it with "
            f"tr '\\r' '\\n' < {source} > converted.csv"
        )


def refuse_nul(data: bytes, source: str) -> None:
    """Raise a ValueError with the line of the first NUL character."""
    place = data.find(b"\0")
    if place >= 0:
        line = data.count(b"\n", 0, place) + 1
        raise ValueError(
            f"Line {line} of {source} holds a NUL character: the file is damaged, or no text."
        )


def _zip_kind(data: bytes, source: str) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except zipfile.BadZipFile:
        return "a damaged zip archive"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook: save the sheet as CSV (UTF-8)"
    held = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"a zip archive that holds {held}: unpack it with: unzip {source}"
