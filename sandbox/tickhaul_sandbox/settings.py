"""Everything about the sandbox that can be chosen.

Where the sources state a fact, the sandbox follows it and there is nothing to choose. Where they leave something open
(marked inferred or unknown in the API reference), the reading taken here is a setting, with its default and the reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping  # noqa: TC003 - the types of settings are read at run time
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from tickhaul_sandbox.hosts import is_host
from tickhaul_sandbox.xythub.settings import HubSettings

DEFAULT_API_KEY = "key_sandbox.local"
DEFAULT_ACCOUNT = "default"

_BOOLEANS = {"true": True, "false": False}

_COUNTS = (
    "minute_limit",
    "hour_limit",
    "messages_per_minute",
    "hour_messages",
    "hour_bytes",
    "max_export_hours",
    "max_schema_columns",
    "max_schema_name",
    "parquet_row_group_size",
)
_GRACE_BLOCKS = frozenset({"subscriptions.create", "subscriptions.resume"})
_UNPAID_BLOCKS = _GRACE_BLOCKS | {"exports.create"}
_BILLING_BLOCKS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ACTIVE": frozenset(),
        "TRIALING": frozenset(),
        "GRACE": _GRACE_BLOCKS,
        "SUSPENDED": _UNPAID_BLOCKS,
        "NONE": _UNPAID_BLOCKS,
    }
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a sandbox is to be.

    Attributes:
        host: The address both origins listen on.
        port: The port of the API; 0 takes a free one.
        storage_port: The port of the storage origin; 0 takes a free one.
        storage_url: The origin written into presigned URLs, when clients reach it under another name.
        allowed_hosts: Further names and addresses that clients reach it by, such as `host.docker.internal`. A request for a
            host that is neither one of these nor loopback nor the one it listens on (with a wildcard: nor an address) is
            a 421, for it may come from a web page.
        api_keys: `KEY`, or `NAME:KEY` for a key of the account of that name. Several keys of one name share everything.
        captures: A directory of recorded messages to serve; without one, and for streams it does not hold, messages
            are made up.
        seed: Where all randomness starts.
        state: A file that everything outlives the sandbox in: subscriptions, exports, schemas, idempotency keys, rate
            limits, billing states, the clock. Made if it is not there; without one, all is forgotten at the end.
        minute_limit: Requests a minute per account (documented: 200).
        hour_limit: Requests an hour per account (documented: 10,000).
        export_seconds: How long an export job takes in simulated time, in seconds; a fifth of it is spent queued.
            Short, so that trying things out is quick; no source gives a duration.
        backdate: How many seconds before its creation the first span of a new subscription begins. The service starts
            it at the creation; one hour here, so that there is something to export at once, and the vendor's example,
            which exports the hour before, gets a full one. 0 is the faithful value.
        url_lifetime: How many seconds a presigned URL is good for (documented: 5 minutes).
        faults: Misbehaviour wanted from the start, see `tickhaul_sandbox.faults`.
        messages_per_minute: How many messages a minute a made-up stream has.
        hour_messages: The most recorded messages an hour of an export holds; a denser recording is played with pauses.
        hour_bytes: The most bytes of recorded messages an hour of an export holds.
        cache_bytes: How many bytes of finished artifacts are kept on disk; others are made again when asked for.
        request_deadline: Seconds after which a request is answered 408 (documented: 10).
        build_patience: Real seconds a job's reader waits for its files if simulated time says they are ready.
        access_status: The billing state of accounts not named in `account_states`.
        account_states: The billing state of accounts by name.
        plan_code: The plan shown in the billing summary.
        billing_blocks: Which operations each billing state answers with 402. The gate on create and resume is
            documented; that GRACE blocks just these, and SUSPENDED and NONE exports too, is inferred from their names.
        trial_streams: Streams an account in TRIALING may record at once; the trial has caps, no source has their numbers.
        included_export_gb: GiB of exports a period includes; only past it does `export_gb_extra` grow. No source has it.
        included_streams: Streams that may record at once before extra minutes are counted. No source has it.
        reset_style: `absolute` (present rule: Unix time, only while exhausted) or `delay` (rule before April 2026).
        burst: How many tokens a rate-limit bucket holds, as a share of its limit. No source states the burst; that a
            bucket holds its limit is the plain reading.
        count_errors: Whether requests answered 4xx use tokens of the limits. No source says; that every admitted request
            does is the plain reading. 401 and 429 never do: the one has no account, the other no token.
        limits_on_unauthenticated: Whether a 401 carries rate-limit headers too. "On every response" says so; they show
            full buckets, since a request without an account uses none.
        ns_as_strings: Whether nanoseconds in answers are JSON strings. Every docs page shows integers, one SDK's tests
            have strings.
        idempotency_hours: How long an idempotency key is remembered (documented: 24).
        idempotency_wait: Seconds a duplicate waits for a first request still in progress (documented: about 3).
        idempotency_stores_errors: Whether 4xx answers are remembered and replayed too, save 401, 408 and 429. "The
            original response is returned" makes no exception; 5xx never are, so that a retry can succeed.
        idempotency_body: What makes two bodies the same: the same `bytes`, or the same `json` however it is written. No
            source tells how bodies are compared.
        duplicate_subscription: What POST does for a datastream already subscribed to: `conflict` (409, what the table
            of codes suggests) or `return` (201 with the existing one).
        show_datastream: Whether subscriptions in lists and by id show their `datastream`. The list's example does, one
            client calls it optional.
        unknown_datastream: Status of a request for a datastream that does not exist: 404, as for any resource, or 400.
        unknown_exchange: Whether lists of an unknown exchange or instrument are `missing` (404) or `empty`.
        availability: Whether availability is what the `account` has recorded of a datastream or what `anyone` has. "Collected
            ranges" may mean either.
        unsubscribed_export: Status of an export of a datastream never subscribed to: 403 (like a deleted subscription)
            or 404.
        no_overlap: What comes of an export whose range meets no span: `empty` (a job that succeeds without files: the
            range is clipped to nothing), `fail` (a job that fails) or `reject` (400).
        schema_mismatch: Status of an export whose schema is for another category: 400 fits best, 404 is the other choice.
        early_download: Status of a download before the job has succeeded: 400, 403, 404 or 409. No source has it.
        late_cancel: Status of canceling what has ended otherwise: 400, which its page declares, or 409.
        echo_range: Whether a job shows the range as `requested` (the plain reading) or as `clipped` to the spans.
        future_end: Whether an `end_time` in the future is a 400 (`reject`, the natural answer) or cut to now (`clip`).
        future_tolerance: Seconds by which a caller's clock may be ahead before its `end_time` counts as future.
        naive_times: Whether a time without a zone is a 400 (`reject`: the documented forms have one) or `utc`.
        max_export_hours: The longest range of an export, in hours. No source has one; a year keeps jobs bounded.
        daily_parts_after_hours: Ranges longer than this get one file a day, others one an hour. Both partitions are
            documented, the rule is not.
        daily_stamp: How files of a day are stamped, as `strftime` reads it; only the hourly `%Y%m%d%H` is documented.
        deleted_exports: Whether a deleted job is `gone` (404, as the error guide says of deleted resources) or `soft`
            (still readable with status `deleted`, as one client's enum suggests).
        delete_running_export: Whether a job may be deleted before its end (deleting is idempotent and no page declares
            a 409 for it, so yes).
        deleted_subscriptions: Whether a deleted subscription is `gone` (404) or `soft` (readable, status `deleted`).
        draft_created: Status of POST draft: 201, since a draft comes into being, or 200.
        missing_draft: Status of throwing away a draft that is not there: 404, as for reading one, or 204.
        list_order: Whether subscriptions and exports are listed `newest` or `oldest` first. Newest first keeps a cursor
            steady while new ones are made.
        filters_ignore_case: Whether the filters of the catalog other than `search` ignore case. Codes are exact.
        search_ignores_case: Whether `search` ignores case.
        unknown_fields: Whether unknown fields of a request body are ignored (`ignore`) or a 400 (`reject`).
            `format_options` always rejects them, as documented.
        unknown_schema_fields: The same of the fields inside of columns, `unfold` and `derive`: a 400 by default, since a
            misspelt one would be missed by nobody.
        nulls: Whether null for what may be left out is a 400 (`reject`, no source allows it but for `unfold` and `derive`)
            or the same as leaving it out (`absent`).
        unknown_method: Status of a known path with a method it does not have: 405, as HTTP has it, or 404.
        content_type: Whether a body of another type than JSON is read all the same (`ignore`) or a 415 (`reject`). The
            type is documented, what comes of another one is not.
        raw_column: The name of the second column of a raw export; no source has it.
        csv_line_end: What ends a line of CSV. RFC 4180 has CR LF and its readers take both; the likely writer of the
            service uses LF.
        csv_null: How null is written in CSV: `empty`, or ClickHouse's `backslash-n`, should that be the writer.
        csv_booleans: How truth is written in CSV: `words` (true, false) or `digits` (1, 0).
        csv_decimals: How decimals are written in CSV: the `shortest` way, or `padded` to the places of their type.
        parquet_compression: What Parquet is compressed with unless `format_options` say otherwise: zstd, snappy, gzip or
            uncompressed. No source has the options' names, values and defaults.
        parquet_row_group_size: Rows a group of a Parquet file has unless `format_options` say otherwise.
        gzip_level: How hard CSV is compressed, 1 to 9.
        max_schema_columns: Columns a custom schema may have (documented: 100).
        schema_names: What a schema may be called: `plain` (letters, digits, spaces and `_.:/+-`, beginning with a letter or
            digit) or `any` (printable text). No source has a rule; a plain name is the one that surely works. A name
            in the form of an id is refused in any case.
        max_schema_name: Characters the name of a schema may have. No source limits them.
        duplicate_columns: Whether two columns of a schema with one name are a 400 (`reject`) or both come out (`keep`).
            No source says; readers of tables do not expect it.
        books_from_updates: Whether `book_5` and `book_20` can be had of streams of book updates too. They are documented
            for whole books only, so code that relies on it may find the service less willing.
        transform_seconds: Seconds a transform may compute for a batch of rows before the export fails.
        body_limit: Bytes a request body may have; more is a 400.
        recorded_requests: How many of the last requests are kept for tests to look at.
        recorded_bytes: How many bytes these may have together; the oldest are forgotten, the last one never is.
        idempotency_bytes: How many bytes of answers the idempotency keys of an account may keep; beyond them the oldest
            keys are forgotten before their time.
        hub: How the emulated xyt hub is to be.
    """

    host: str = "127.0.0.1"
    port: int = 0
    storage_port: int = 0
    storage_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    api_keys: tuple[str, ...] = field(default=(DEFAULT_API_KEY,), repr=False)
    captures: Path | None = None
    seed: int = 0
    state: Path | None = None
    minute_limit: int = 200
    hour_limit: int = 10_000
    export_seconds: float = 0.5
    backdate: float = 3600.0
    url_lifetime: float = 300.0
    faults: tuple[str, ...] = ()

    messages_per_minute: int = 60
    hour_messages: int = 100_000
    hour_bytes: int = 32 << 20
    cache_bytes: int = 1 << 30
    request_deadline: float = 10.0
    build_patience: float = 5.0

    access_status: str = "ACTIVE"
    account_states: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    plan_code: str | None = "pro"
    billing_blocks: Mapping[str, frozenset[str]] = field(default_factory=lambda: _BILLING_BLOCKS)
    trial_streams: int = 10
    included_export_gb: int = 100
    included_streams: int = 50

    reset_style: Literal["absolute", "delay"] = "absolute"
    burst: float = 1.0
    count_errors: bool = True
    limits_on_unauthenticated: bool = True
    ns_as_strings: bool = False
    idempotency_hours: float = 24.0
    idempotency_wait: float = 3.0
    idempotency_stores_errors: bool = True
    idempotency_body: Literal["bytes", "json"] = "bytes"
    duplicate_subscription: Literal["conflict", "return"] = "conflict"
    show_datastream: bool = True
    unknown_datastream: Literal[404, 400] = 404
    unknown_exchange: Literal["missing", "empty"] = "missing"
    availability: Literal["account", "anyone"] = "account"
    unsubscribed_export: Literal[403, 404] = 403
    no_overlap: Literal["empty", "fail", "reject"] = "empty"
    schema_mismatch: Literal[400, 404] = 400
    early_download: Literal[400, 403, 404, 409] = 400
    late_cancel: Literal[400, 409] = 400
    echo_range: Literal["requested", "clipped"] = "requested"
    future_end: Literal["reject", "clip"] = "reject"
    future_tolerance: float = 60.0
    naive_times: Literal["reject", "utc"] = "reject"
    max_export_hours: int = 366 * 24
    daily_parts_after_hours: int = 7 * 24
    daily_stamp: str = "%Y%m%d"
    deleted_exports: Literal["gone", "soft"] = "gone"
    delete_running_export: bool = True
    deleted_subscriptions: Literal["gone", "soft"] = "gone"
    draft_created: Literal[201, 200] = 201
    missing_draft: Literal[404, 204] = 404
    list_order: Literal["newest", "oldest"] = "newest"
    filters_ignore_case: bool = False
    search_ignores_case: bool = True
    unknown_fields: Literal["ignore", "reject"] = "ignore"
    unknown_schema_fields: Literal["reject", "ignore"] = "reject"
    nulls: Literal["reject", "absent"] = "reject"
    unknown_method: Literal[405, 404] = 405
    content_type: Literal["ignore", "reject"] = "ignore"

    raw_column: str = "message"
    csv_line_end: Literal["\n", "\r\n"] = "\n"
    csv_null: Literal["empty", "backslash-n"] = "empty"
    csv_booleans: Literal["words", "digits"] = "words"
    csv_decimals: Literal["shortest", "padded"] = "shortest"
    parquet_compression: Literal["zstd", "snappy", "gzip", "uncompressed"] = "zstd"
    parquet_row_group_size: int = 122_880
    gzip_level: int = 6
    max_schema_columns: int = 100
    schema_names: Literal["plain", "any"] = "plain"
    max_schema_name: int = 128
    duplicate_columns: Literal["reject", "keep"] = "reject"
    books_from_updates: bool = False
    transform_seconds: float = 5.0
    body_limit: int = 1 << 20
    recorded_requests: int = 10_000
    recorded_bytes: int = 32 << 20
    idempotency_bytes: int = 64 << 20
    hub: HubSettings = field(default_factory=HubSettings)

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ValueError: If one is out of its range.
        """
        for name in _COUNTS:
            _require(getattr(self, name) >= 1, name, "at least 1")
        for name in ("port", "storage_port"):
            _require(0 <= getattr(self, name) <= 65_535, name, "between 0 and 65535")
        for item in fields(self):
            value, hint = getattr(self, item.name), _hints()[item.name]
            if hint is int and item.name != "seed":
                _require(value >= 0, item.name, "0 or more")
            if isinstance(value, float):
                _require(math.isfinite(value) and value >= 0, item.name, "a number of 0 or more")
            if get_origin(hint) is Literal:
                _require(value in get_args(hint), item.name, " or ".join(map(repr, get_args(hint))))
        for state in (self.access_status, *self.account_states.values()):
            _require(state in self.billing_blocks, "access_status", f"one of {', '.join(self.billing_blocks)}")
        # S3 signs for no longer than a week.
        _require(self.url_lifetime <= 604_800, "url_lifetime", "at most 604800")
        _require(_tells_days_apart(self.daily_stamp), "daily_stamp", "different for each day, and part of a file name")
        _require(1 <= self.gzip_level <= 9, "gzip_level", "between 1 and 9")
        for host in self.allowed_hosts:
            _require(is_host(host), "allowed_hosts", f"names or addresses without scheme and port, not {host!r}")
        _require(bool(self.accounts()), "api_keys", "at least one key")

    def known_hosts(self) -> tuple[str, ...]:
        """Return the names and addresses that settings say the sandbox is reached by."""
        storage = urlsplit(self.storage_url or "").hostname
        return (*self.allowed_hosts, *((storage,) if storage else ()))

    def accounts(self) -> dict[str, str]:
        """Return the account of each key.

        Raises:
            ValueError: If a key is empty or given twice.
        """
        owners: dict[str, str] = {}
        for entry in self.api_keys:
            name, separator, key = entry.partition(":")
            if not separator:
                name, key = DEFAULT_ACCOUNT, entry
            _require(bool(name and key) and key.isprintable() and key.isascii(), "api_keys", "KEY or NAME:KEY")
            _require(key not in owners, "api_keys", "different keys")
            owners[key] = name
        return owners


def read_setting(text: str) -> tuple[str, object]:
    """Return name and value of a setting written `NAME=VALUE`.

    Raises:
        ValueError: If there is no such setting, or it cannot be written so.
    """
    name, separator, written = text.partition("=")
    hint = _hints().get(name)
    _require(bool(separator) and hint is not None, "a setting", f"NAME=VALUE with a name of Settings, not {text!r}")
    if get_origin(hint) is Literal:
        value = next((choice for choice in get_args(hint) if str(choice) == written), None)
        _require(value is not None, name, " or ".join(map(str, get_args(hint))))
        return name, value
    if hint is bool:
        _require(written in _BOOLEANS, name, "true or false")
        return name, _BOOLEANS[written]
    kind = next((kind for kind in (int, float, Path, str) if hint in {kind, kind | None}), None)
    if kind is None:
        raise ValueError(f"{name} must be set in Python")
    try:
        return name, kind(written)
    except ValueError:
        raise ValueError(f"{name} must be a number, not {written!r}") from None


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Settings)


def _tells_days_apart(stamp: str) -> bool:
    first = datetime(2023, 1, 1, tzinfo=UTC)
    stamps = [f"{first + timedelta(days=day):{stamp}}" for day in range(3 * 366)]
    return len(set(stamps)) == len(stamps) and not any(set(text) & set("/\\") for text in stamps)


def _require(condition: bool, name: str, wanted: str) -> None:
    if not condition:
        raise ValueError(f"{name} must be {wanted}")
