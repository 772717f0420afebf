"""Reading a whole file, plain or gzipped, with one clear line for whatever goes wrong."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from rankdistill.data.file_kinds import GZIP, refuse_other_kinds


def read_bytes(path: Path) -> bytes:
    """Read a file of text or Parquet; gzip is recognised by its first two bytes.

    Raises:
        FileNotFoundError: If there is no file at ``path``, or a folder is.
        ValueError: If the gzip data are damaged, a name in .gz holds something else, or the file is
            of a kind that is not read.
    """
    if path.is_dir():
        raise FileNotFoundError(f"{path} is a folder where a file of interactions is expected.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path} (from {Path.cwd()}).")
    data = path.read_bytes()
    if data.startswith(GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} is not a sound gzip file: {error}.") from None
    elif path.suffix == ".gz" and data:
        raise ValueError(f"{path} ends in .gz and is not a gzip file; rename it if it is text.")
    refuse_other_kinds(data, str(path))
    return data
