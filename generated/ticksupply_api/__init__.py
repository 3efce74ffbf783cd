"""A client library for accessing Ticksupply API."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import AuthenticatedClient, Client
else:
    _MODULES = {"AuthenticatedClient": "client", "Client": "client"}

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module("." + _MODULES[name], __name__), name)
        globals()[name] = value
        return value


__all__ = ("AuthenticatedClient", "Client")
