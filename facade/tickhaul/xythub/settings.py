"""Where xyt hub is and how it is spoken to: everything that is an address, a name of the service, or a guess.

Public sources leave much of this open. What they do not support is marked as proposed, field by field; `Settings.proposed`
lists it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from tickhaul.net.secrets import Secret
from tickhaul.xythub.addresses import check_path
from tickhaul.xythub.framing import Marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Relative to the service's URL (reference: xyt-hub section 1.3, contract 1.1.2; stated).
_PATHS = MappingProxyType(
    {
        "market.days_availability": "/days/availability",
        "market.tick_data": "/tickData",
        "market.ohlcv": "/ohlcv",
        "market.other_venues": "/lookup/otherVenues",
        "market.orders": "/orders",
        "market.auctions": "/auctions",
        "market.instrument_status": "/instrumentStatus",
        "market.tick_rules": "/tickRules",
        "overview.exchanges": "/overview/exchanges",
        "overview.days": "/overview/days",
        "overview.symbols": "/overview/symbols",
        "overview.tables": "/overview/tables",
        "csv.timeseries": "/csv/timeseries",
        "csv.snapshots": "/csv/snapshots",
        "products.search": "/product",
        "overview.products": "/overview/products",
        "overview.datasets": "/overview/datasets",
        "overview.entities": "/overview/entities",
    }
)
#: The operations of the 1.1.2 lookup service, which may have a URL of its own.
LOOKUPS = frozenset({"products.search", "overview.products", "overview.datasets", "overview.entities"})
_DAYS = frozenset({"dateFrom", "dateTo", "day", "date", "first_day", "last_day", "firstDay", "lastDay"})
_TIMES = frozenset({"from_time", "to_time", "time", "fromTime", "toTime"})


# A field's default is of whatever type the field is.
def _proposed(default: Any) -> Any:
    return field(default=default, metadata={"proposed": True})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to reach and address the service.

    Attributes:
        auth_url: the authorization service (stated).
        token_path: its token endpoint (stated).
        user_path: its protected resource, which tells whether a token is good (stated).
        client_id: the client's name in HTTP Basic (stated).
        api_key_field: the form field an API key goes into (proposed: in the place of the password).
        data_url: the data service (proposed: its address was never stated; the authorization service's host is likely).
        lookup_url: the lookup service of 1.1.2; ``None`` for ``data_url`` (proposed).
        get_path: the path of generic requests, with ``{endpoint}`` and, if wanted, ``{source}`` (stated for 1.1.2,
            proposed for 2.0.0).
        get_contract: the version that generic requests are made in (stated: it is the newest).
        source_parameter: the request parameter that names the data source; ``None`` sends none (proposed).
        paths: the paths of the typed operations of 1.1.2, by method (stated).
        marker: how frames of requests begin (stated: every sample has a varint).
        day_parameters: generic parameters whose text and datetimes are days (proposed; the names themselves are stated).
        time_parameters: generic parameters whose text is a time of day (proposed; as above).
        renew_before: seconds before its end at which a token is renewed (proposed).

    Raises:
        ValueError: one of them cannot work.
        TypeError: one of them is of the wrong type.
    """

    auth_url: str = "https://api.xythub.com/auth"
    token_path: str = "/oauth/token"  # noqa: S105 (a path)
    user_path: str = "/user"
    client_id: str = "xyt"
    api_key_field: str = _proposed("password")
    data_url: str = _proposed("https://api.xythub.com")
    lookup_url: str | None = _proposed(None)
    get_path: str = _proposed("/get/{endpoint}")
    get_contract: str = "2.0.0"
    source_parameter: str | None = _proposed("source")
    paths: Mapping[str, str] = field(default_factory=lambda: _PATHS)
    marker: Marker = Marker.VARINT
    day_parameters: frozenset[str] = _proposed(_DAYS)
    time_parameters: frozenset[str] = _proposed(_TIMES)
    renew_before: float = _proposed(60.0)

    def __post_init__(self) -> None:
        self._check_texts()
        self._check_paths()
        if not isinstance(self.renew_before, int | float):
            raise TypeError(f"renew_before must be a number of seconds, not {type(self.renew_before).__name__}")
        # "Not a number" is neither.
        if not self.renew_before >= 0:
            raise ValueError(f"renew_before={self.renew_before!r}: expected 0 or more seconds")
        object.__setattr__(self, "marker", Marker(self.marker))
        object.__setattr__(self, "day_parameters", _names("day_parameters", self.day_parameters))
        object.__setattr__(self, "time_parameters", _names("time_parameters", self.time_parameters))
        object.__setattr__(self, "paths", MappingProxyType({**_PATHS, **self.paths}))

    @classmethod
    def at(cls, origin: str, **others: Any) -> Self:
        """The service at one origin, as the sandbox has it: authorization below ``/auth``, data and lookup beside it.

        Args:
            origin: such as ``http://127.0.0.1:8000``.
            others: further settings.
        """
        base = origin.rstrip("/")
        return cls(auth_url=f"{base}/auth", data_url=base, **others)

    def moved_to(self, origin: str) -> Self:
        """These settings with the service at one origin, as in `at`."""
        base = origin.rstrip("/")
        return replace(self, auth_url=f"{base}/auth", data_url=base, lookup_url=None)

    @classmethod
    def proposed(cls) -> frozenset[str]:
        """The fields whose defaults no public source supports."""
        return frozenset(item.name for item in fields(cls) if item.metadata.get("proposed"))

    def _check_texts(self) -> None:
        for name in ("client_id", "api_key_field", "get_path", "source_parameter"):
            value = getattr(self, name)
            if not isinstance(value, str) and (value is not None or name != "source_parameter"):
                raise TypeError(f"{name} must be a str, not {type(value).__name__}")
            if value == "":
                raise ValueError(f"{name}='': expected a text that is not empty")
            if value is not None and not Secret(value).can_be_sent:
                raise ValueError(f"{name}={value!r}: expected valid Unicode")
        # HTTP Basic ends the name at the first one (RFC 7617 section 2).
        if ":" in self.client_id:
            raise ValueError(f"client_id={self.client_id!r}: expected a name without a colon")

    def _check_paths(self) -> None:
        if unknown := sorted(set(self.paths) - set(_PATHS)):
            raise ValueError(f"paths: {', '.join(unknown)}: expected operations out of {', '.join(_PATHS)}")
        filled = re.sub(r"\{(endpoint|source)\}", "x", self.get_path)
        if "{endpoint}" not in self.get_path or re.search(r"[{}]", filled):
            raise ValueError(
                f"get_path={self.get_path!r}: expected a path with {{endpoint}} and, if wanted, {{source}} in it"
            )
        named = {f"paths[{name!r}]": path for name, path in self.paths.items()}
        for name, path in {
            "get_path": filled,
            "token_path": self.token_path,
            "user_path": self.user_path,
            **named,
        }.items():
            check_path(name, path)


def _names(name: str, names: Iterable[str]) -> frozenset[str]:
    # A text is made of texts too.
    if isinstance(names, str):
        raise TypeError(f"{name} must be a set of names, not a str")
    return frozenset(names)
