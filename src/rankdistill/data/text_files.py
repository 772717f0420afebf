"""Reading a whole file, plain or gzipped, with one clear line for whatever goes wrong."""

from __future__ import annotations

import zlib
from pathlib import Path

from rankdistill.data.file_kinds import refuse_other_kinds
from rankdistill.data.unpacking import GZIP_MAGIC, TooLargeError, gunzip


def read_bytes(path: Path, max_gib: float, limit: str = "data.max_gib") -> bytes:
    """Read a file of text or Parquet; gzip is recognised by its first two bytes.

    Args:
        path: The file.
        max_gib: What it may hold, unpacked, in GiB.
        limit: What messages call that setting.

    Raises:
        FileNotFoundError: If there is no file at ``path``, or a folder is.
        ValueError: If it holds more, the gzip data are damaged, a name in .gz holds something else,
            or the file is of a kind that is not read.
    """
    if path.is_dir():
        raise FileNotFoundError(f"{path} is a folder where a file is expected.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path} (from {Path.cwd()}).")
    most_bytes = int(max_gib * 2**30)
    hint = f"more than {limit}={max_gib:g} GiB; raise it if the machine has five times that."
    if path.stat().st_size > most_bytes:
        raise ValueError(f"{path} holds {hint}")
    data = path.read_bytes()
    if data.startswith(GZIP_MAGIC):
        try:
            data = gunzip(data, most_bytes)
        except TooLargeError:
            raise ValueError(f"{path} unpacks to {hint}") from None
        except (EOFError, zlib.error) as error:
            raise ValueError(f"{path} is not a sound gzip file: {error}.") from None
    elif path.suffix == ".gz" and data:
        raise ValueError(f"{path} ends in .gz and is not a gzip file; rename it if it is text.")
    refuse_other_kinds(data, str(path))
    return data
