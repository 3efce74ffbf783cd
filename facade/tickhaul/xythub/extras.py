"""Libraries that only some uses need."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

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
        return import_module(library)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != library.partition(".")[0]:
            raise
    raise ModuleNotFoundError(f'{use} needs {library}: pip install "tickhaul[{extra}]"', name=library)
