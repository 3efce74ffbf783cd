"""Keys, secrets and schemas in files as editors and other systems leave them."""

from __future__ import annotations

import codecs
import io
import json
import sys
from typing import TYPE_CHECKING

import pytest
from tickhaul.cli import reading
from tickhaul.cli.reading import read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul_sandbox import Sandbox

    from tests.cli.conftest import Ran

SCHEMA = {
    "name": "prices_é",
    "stream_category": "trade",
    "columns": [{"output_column": "at", "meta": {"value": "collection_timestamp_ns", "format": "ns"}}],
}
FORMS = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]
BIG_ENDIAN = {"utf-16-be": codecs.BOM_UTF16_BE, "utf-32-be": codecs.BOM_UTF32_BE}
#: Text without a mark that says so, bytes that are no text, and a file that is none.
NO_TEXT = [
    "key_é".encode("latin-1"),
    "key".encode("utf-16-le"),
    "key".encode("utf-16-be"),
    b"\xff\xfek",
    b"PK\x03\x04\x00",
]


def encoded(text: str, form: str) -> bytes:
    return BIG_ENDIAN.get(form, b"") + text.encode(form)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\r\n\r\n \t\r\n"])
@pytest.mark.parametrize("form", [*FORMS, *BIG_ENDIAN])
def test_a_key_may_come_from_windows(
    offline: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path, form: str, ending: str
) -> None:
    file = tmp_path / "key"
    file.write_bytes(encoded(f"{sandbox.api_key}{ending}", form))
    ran = offline("--base-url", sandbox.base_url, "--api-key-file", file, "billing", "--json")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("content", NO_TEXT)
def test_a_key_file_that_holds_no_text_is_named_and_not_shown(
    offline: Callable[..., Ran], tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    ran = offline("--api-key-file", file, "billing")
    assert (ran.code, ran.err) == (2, f"tickhaul: {file} is not UTF-8 text; save it as UTF-8\n")


@pytest.mark.parametrize("form", FORMS)
def test_a_byte_order_mark_alone_is_no_key(offline: Callable[..., Ran], tmp_path: Path, form: str) -> None:
    file = tmp_path / "key"
    file.write_bytes(encoded("\r\n", form))
    ran = offline("--api-key-file", file, "billing")
    assert ran.code == 3
    assert f"{file} is empty" in ran.err


@pytest.mark.parametrize("form", [*FORMS, *BIG_ENDIAN])
@pytest.mark.parametrize("piped", [False, True], ids=["file", "stdin"])
def test_a_schema_may_come_from_windows(
    tickhaul: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str, *, piped: bool
) -> None:
    data = encoded(json.dumps(SCHEMA, indent=1, ensure_ascii=False).replace("\n", "\r\n") + "\r\n\r\n", form)
    (tmp_path / "schema.json").write_bytes(data)
    # What a pipe holds is no matter of the locale.
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="ascii"))
    ran = tickhaul("schemas", "create", "-" if piped else tmp_path / "schema.json", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.document["name"] == SCHEMA["name"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("é".encode("latin-1"), "is not UTF-8 text; save it as UTF-8"),
        ("{}".encode("utf-16-le"), "is not UTF-8 text; save it as UTF-8"),
        (b"", "Expecting value"),
        (b"[" * 100_000, "it is nested too deeply"),
        (None, "No such file or directory"),
    ],
    ids=["latin-1", "utf-16", "empty", "deep", "missing"],
)
def test_a_schema_that_cannot_be_read_is_named(
    tickhaul: Callable[..., Ran], tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "schema.json"
    if content is not None:
        file.write_bytes(content)
    ran = tickhaul("exports", "create", "123", "--from", "-1h", "--to", "now", "--schema-file", file)
    assert ran.code == 2
    assert ran.err.startswith(f"tickhaul: {file} cannot be read as JSON: ")
    assert reason in ran.err


@pytest.mark.parametrize("place", ["directory", "name"])
def test_a_schema_where_there_is_no_file_is_wrong_usage(
    tickhaul: Callable[..., Ran], tmp_path: Path, place: str
) -> None:
    ran = tickhaul("schemas", "create", tmp_path if place == "directory" else "n" * 300)
    assert ran.code == 2
    assert "cannot be read as JSON: " in ran.err


def test_a_format_option_may_be_no_deeper_than_json_can_be_read(tickhaul: Callable[..., Ran]) -> None:
    words = ("exports", "create", "123", "--from", "-1h", "--to", "now", "--format-option", f"x={'[' * 100_000}")
    ran = tickhaul(*words)
    assert (ran.code, ran.err) == (2, "tickhaul: --format-option x: its value is nested too deeply\n")


def test_a_text_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MOST", 7)
    (tmp_path / "text").write_bytes(b"1234567")
    assert read_text(tmp_path / "text") == "1234567"
    (tmp_path / "text").write_bytes(b"12345678")
    with pytest.raises(ValueError, match="has more than 7 bytes"):
        read_text(tmp_path / "text")
