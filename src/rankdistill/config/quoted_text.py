"""Text between quotes, as Hydra reads it in an override."""

from __future__ import annotations

import re


def quoted(text: str, mark: str = "'") -> str:
    r"""Put text between quotes so that Hydra reads it as it is.

    Hydra takes a backslash for itself only before a quote, or before another one that stands there.
    ``it's`` becomes ``'it\'s'``, and ``a\`` becomes ``'a\\'``.

    Args:
        text: Anything without ``${``, which stays a reference to another setting.
        mark: The quote, single or double.
    """
    escaped = re.sub(rf"(\\*){mark}", rf"\1\1\\{mark}", text)
    at_the_end = len(escaped) - len(escaped.rstrip("\\"))
    return f"{mark}{escaped}{at_the_end * chr(92)}{mark}"
