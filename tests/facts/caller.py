"""A caller of the API that can also let simulated time pass and change the billing state of its account."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from tests.sandbox.api import BTCUSDT, HOUR, SECOND, Api, ok

# How long an export takes in simulated time: two seconds queued, eight running.
QUEUED_SECONDS = 2
EXPORT_SECONDS = 10
ACCOUNTS = 60
KEYS = tuple(f"account{number}:key_{number}.{place}" for number in range(ACCOUNTS) for place in ("one", "two"))

TIME: dict[str, Any] = {"output_column": "t", "meta": {"value": "collection_timestamp_ns", "format": "ns"}}
PRICE: dict[str, Any] = {
    "output_column": "price",
    "data": {"binance": {"json": {"path": "data.p", "type": "decimal(18)"}}},
}


class Caller(Api):
    """One caller of the API, with helpers for what many facts begin with."""

    @property
    def account(self) -> str:
        """The name of the account."""
        return self.sandbox.settings.accounts()[self.http.headers["X-Api-Key"]]

    def now(self) -> int:
        """Return the sandbox's instant, in nanoseconds since the Unix epoch."""
        return int(ok(self.http.get("/_sandbox/clock"))["now_ns"])

    def advance(self, seconds: float) -> int:
        """Let simulated time pass and return the instant after it."""
        return int(ok(self.http.post("/_sandbox/clock/advance", json={"seconds": seconds}))["now_ns"])

    def bill(self, status: str) -> None:
        """Change the billing state of the account."""
        ok(self.http.put(f"/_sandbox/accounts/{self.account}/billing", json={"access_status": status}), 204)

    def record(self, seconds: float = 60, datastream_id: int = BTCUSDT) -> tuple[int, int]:
        """Subscribe, let time pass, and return start and end of what was recorded: within one hour, if it can be."""
        left = -(-(HOUR - self.now() % HOUR) // SECOND)
        if left <= seconds <= HOUR // SECOND:
            self.advance(left)
        self.subscribe(datastream_id)
        end = self.advance(seconds)
        return end - round(seconds * SECOND), end

    def exported(self, datastream_id: int = BTCUSDT, **more: Any) -> str:
        """Record a minute, export it, let the job end, and return its id."""
        start, end = self.record(60, datastream_id)
        export_id = self.export(start, end, datastream_id, **more)
        self.advance(EXPORT_SECONDS)
        return export_id

    def schema(self, name: str = "mine", category: str = "trade", **content: Any) -> dict[str, Any]:
        """Create a schema and return it."""
        body = {"name": name, "stream_category": category, "columns": [TIME, PRICE], **content}
        created: dict[str, Any] = ok(self.post("/export-schemas", body), 201)
        return created


def read_parquet(content: bytes) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """Return the DuckDB type of each column of a Parquet file, and its rows."""
    with TemporaryDirectory() as directory, duckdb.connect() as database:
        file = Path(directory, "part.parquet")
        file.write_bytes(content)
        relation = database.read_parquet(str(file))
        types = {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}
        return types, relation.fetchall()
