# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""Raw tables of contract 1.1.2, which come as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xythub_proto.v1_1_2.api_data_pb2 import SnapshotsRequest, TimeseriesRequest

from tickhaul.xythub import requests

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tickhaul.xythub._sync.session import HubCaller
    from tickhaul.xythub.moments import DayLike, TimeOfDay


class CsvFiles:
    """Columns of the service's own tables, one symbol and one day at a time.

    Each method gives the body of the answer as it is: what dialect it is written in is not stated (reference: xyt-hub
    sections 5.3.13 and 5.3.14). The names of tables and columns come from ``overview.tables``.

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: HubCaller) -> None:
        self._caller = caller

    def timeseries(
        self,
        table: str,
        symbol: str,
        day: DayLike,
        *,
        from_time: TimeOfDay | None = None,
        to_time: TimeOfDay | None = None,
        columns: str | Iterable[str] | None = None,
    ) -> bytes:
        """All rows of a table.

        Args:
            table: the table's name.
            symbol: the instrument.
            day: the day.
            from_time: only from then.
            to_time: only until then.
            columns: only these.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = TimeseriesRequest(
            header=requests.header(),
            table=requests.text("table", table),
            symbol=requests.text("symbol", symbol),
            day=requests.day("day", day),
            from_time=requests.optional_time("from_time", from_time),
            to_time=requests.optional_time("to_time", to_time),
            columns=requests.texts("columns", columns),
        )
        return self._caller.ask("csv.timeseries", self._caller.place("csv.timeseries"), request, bytes)

    def snapshots(
        self,
        table: str,
        symbol: str,
        day: DayLike,
        *,
        from_time: TimeOfDay | None = None,
        to_time: TimeOfDay | None = None,
        snapshot_interval: int | None = None,
        columns: str | Iterable[str] | None = None,
    ) -> bytes:
        """The rows of a table at regular times.

        Args:
            table: the table's name.
            symbol: the instrument.
            day: the day.
            from_time: only from then.
            to_time: only until then.
            snapshot_interval: milliseconds between rows; ``None`` for the service's own.
            columns: only these.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = SnapshotsRequest(
            header=requests.header(),
            table=requests.text("table", table),
            symbol=requests.text("symbol", symbol),
            day=requests.day("day", day),
            from_time=requests.optional_time("from_time", from_time),
            to_time=requests.optional_time("to_time", to_time),
            snapshot_interval=requests.optional_count("snapshot_interval", snapshot_interval),
            columns=requests.texts("columns", columns),
        )
        return self._caller.ask("csv.snapshots", self._caller.place("csv.snapshots"), request, bytes)
