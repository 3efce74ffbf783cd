"""Libraries that only some uses need."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tickhaul import _threads

if TYPE_CHECKING:
    from types import ModuleType


def load(library: str, extra: str, use: str) -> ModuleType:
    """Import a library that an extra of this package brings.

    Args:
        library: the name to import.
        extra: the extra.
        use: what needs it, for the error.

    Raises:
        ModuleNotFoundError: it is not installed; the message says how to install it.
    """
    try:
        _threads.load(library)
        return sys.modules[library]
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != library.partition(".")[0]:
            raise
    raise ModuleNotFoundError(f'{use} needs {library}: pip install "tickhaul[{extra}]"', name=library)
