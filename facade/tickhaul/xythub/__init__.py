"""xyt hub by big-xyt: request tick tables, get columns back.

    from tickhaul import xythub

    with xythub.Client("user", api_key="...", client_secret="...") as hub:
        ticks = hub.market.tick_data("ZAL.XE", "2016-05-05", from_time="09:00", to_time="09:02")
        shares = hub.get("lcGetMarketShare", source="LC", isins=["DE000A1EWWW0"], dateFrom="2019-10-02", dateTo="2019-10-05")
        shares.to_arrow()

Needs the extra ``tickhaul[xythub]``. `AsyncClient` is the same under an event loop. The messages themselves are in the
package ``xythub_proto``, one subpackage for each version of the contract. Names load when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul.xythub._async.client import AsyncClient
    from tickhaul.xythub._sync.client import Client
    from tickhaul.xythub.access import TokenInfo
    from tickhaul.xythub.errors import FramingError, TableError, TokenError
    from tickhaul.xythub.framing import (
        FrameReader,
        Marker,
        read_delimited_from,
        read_frames,
        write_delimited_to,
    )
    from tickhaul.xythub.products import Product
    from tickhaul.xythub.rows import read_rows
    from tickhaul.xythub.settings import Settings
    from tickhaul.xythub.tables.decode import read_table
    from tickhaul.xythub.tables.table import Table

__all__ = [
    "AsyncClient",
    "Client",
    "FrameReader",
    "FramingError",
    "Marker",
    "Product",
    "Settings",
    "Table",
    "TableError",
    "TokenError",
    "TokenInfo",
    "read_delimited_from",
    "read_frames",
    "read_rows",
    "read_table",
    "write_delimited_to",
]

_HOMES = {
    "AsyncClient": "_async.client",
    "Client": "_sync.client",
    "FrameReader": "framing",
    "FramingError": "errors",
    "Marker": "framing",
    "Product": "products",
    "Settings": "settings",
    "Table": "tables.table",
    "TableError": "errors",
    "TokenError": "errors",
    "TokenInfo": "access",
    "read_delimited_from": "framing",
    "read_frames": "framing",
    "read_rows": "rows",
    "read_table": "tables.decode",
    "write_delimited_to": "framing",
}
_EXTRA = ("google", "numpy")


# Hidden from type checkers, which would take any misspelt name for an object.
if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in _EXTRA:
                raise
            library = "protobuf" if missing == "google" else missing
        else:
            globals()[name] = value
            return value
        raise ModuleNotFoundError(f'{__name__}.{name} needs {library}: pip install "tickhaul[xythub]"', name=missing)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
