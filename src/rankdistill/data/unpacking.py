"""Unpack no more of a zip or gzip file than it should hold."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from pathlib import Path

from rankdistill.quoting import printable

GZIP_MAGIC = b"\x1f\x8b"

ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,  # of a method or a version that Python does not know
    OSError,
    OverflowError,
    RuntimeError,  # of an encrypted member
    ValueError,
)
"""What Python raises over a zip file that is damaged, encrypted or of an unknown method."""

_CHUNK = 1 << 20
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class TooLargeError(ValueError):
    """A file unpacks to more than it should hold; the text says how much it may."""


def gunzip(data: bytes, most_bytes: int) -> bytes:
    """Unpack all members of a gzip file, and check their checksums.

    Raises:
        TooLargeError: As soon as more than ``most_bytes`` come out.
        EOFError, zlib.error: If it is truncated or damaged.
    """
    unpacked = bytearray()
    rest = data
    while rest:
        member = zlib.decompressobj(_GZIP_WINDOW)
        while not member.eof:
            chunk = member.decompress(rest, min(_CHUNK, most_bytes + 1 - len(unpacked)))
            unpacked += chunk
            if len(unpacked) > most_bytes:
                raise TooLargeError(f"it unpacks to more than {most_bytes:,} bytes")
            rest = member.unconsumed_tail
            if not chunk and not rest and not member.eof:
                raise EOFError("it ends too early")
        rest = member.unused_data.lstrip(b"\0")
    return bytes(unpacked)


def read_member(path: Path, name: str, most_bytes: int) -> bytes | None:
    """Read a file from a zip archive; return None if it is not there.

    Raises:
        TooLargeError: If it says that it holds more than ``most_bytes``; nothing is unpacked then,
            and never more than it says.
        ValueError: If the archive is damaged or encrypted, or packed in a way that is unknown.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if name not in archive.namelist():
                return None
            size = archive.getinfo(name).file_size
            if size > most_bytes:
                raise TooLargeError(
                    f"{name} in {path} unpacks to {size:,} bytes, where at most {most_bytes:,} are "
                    "expected."
                )
            return archive.read(name)
    except TooLargeError:
        raise
    except ZIP_FAULTS as error:
        reason = printable(str(error) or type(error).__name__)[:120]
        raise ValueError(f"{path} is a damaged zip file, or cannot be read: {reason}.") from None
