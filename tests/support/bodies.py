"""What the service answers with, one valid JSON document of each kind (shapes: docs.ticksupply.com)."""

from __future__ import annotations

SUBSCRIPTION_ID = "sub_550e8400e29b41d4a716446655440000"
EXPORT_ID = "exp_0194a1b2c3d4e5f6a7b8c9d0e1f2a3b4"
SCHEMA_ID = "sch_0194a1b2c3d4e5f6a7b8c9d0e1f2a3b4"
MOMENT = "2024-01-15T10:00:00Z"

#: The query is what must never be seen in a log, a repr or an error.
SIGNATURE = "X-Amz-Signature=5f1d0a7be4c92f83"
PRESIGNED = f"https://storage.example/exports/part-0.csv.gz?X-Amz-Expires=300&{SIGNATURE}"

EXCHANGE: dict[str, object] = {"code": "binance", "display_name": "Binance"}
INSTRUMENT: dict[str, object] = {"symbol": "BTCUSDT", "base": "BTC", "quote": "USDT", "instrument_type": "spot"}
DATASTREAM: dict[str, object] = {
    "datastream_id": 123,
    "exchange": "binance",
    "instrument": "BTCUSDT",
    "stream_type": "trades",
    "wire_format": "json",
}
AVAILABILITY: dict[str, object] = {
    "datastream": DATASTREAM,
    "ranges": [{"from": 1_705_312_800_000_000_000, "to": 1_705_316_400_000_000_000, "rows_estimate": 42}],
    "updated_at": MOMENT,
}
SPAN: dict[str, object] = {"id": "spn_0194a1b2c3d4e5f6a7b8c9d0e1f2a3b4", "started_at": MOMENT, "ended_at": None}
DETAIL: dict[str, object] = {
    "id": SUBSCRIPTION_ID,
    "status": "active",
    "datastream": DATASTREAM,
    "created_at": MOMENT,
    "spans": [],
}
DOWNLOAD: dict[str, object] = {
    "artifacts": [{"id": "art_1", "url": PRESIGNED, "bytes": 5, "filename": "part-0.csv.gz"}],
    "count": 1,
    "total_bytes": 5,
}
COLUMN: dict[str, object] = {"output_column": "price", "meta": {"value": "collection_timestamp_ns"}}
SCHEMA_ITEM: dict[str, object] = {
    "id": SCHEMA_ID,
    "name": "mine",
    "stream_category": "trade",
    "is_built_in": False,
    "created_at": MOMENT,
    "version": 1,
    "has_draft": False,
}
SCHEMA: dict[str, object] = {**SCHEMA_ITEM, "columns": [COLUMN]}
BILLING: dict[str, object] = {
    "access_status": "active",
    "usage": {"extra_stream_minutes_total": 0, "export_gb_total": "1.5", "export_gb_extra": 0},
}


def subscription(status: str = "active", datastream_id: int = 123) -> dict[str, object]:
    """A subscription in a state."""
    return {"id": SUBSCRIPTION_ID, "datastream_id": datastream_id, "status": status, "created_at": MOMENT}


def job(status: str = "queued", reason: str | None = None) -> dict[str, object]:
    """An export job in a state."""
    return {
        "id": EXPORT_ID,
        "datastream_id": 123,
        "start_time": 1_705_312_800_000_000_001,
        "end_time": 1_705_316_400_000_000_000,
        "format": "csv",
        "status": status,
        "reason": reason,
        "created_at": MOMENT,
    }


def page(items: list[dict[str, object]], token: str | None = None, total: int | None = None) -> dict[str, object]:
    """A page of a list."""
    return {
        "items": items,
        "total": len(items) if total is None else total,
        "limit": 100,
        "next_page_token": token,
    }
