"""Neither the key nor the query of a presigned URL survives scrubbing, however it is spelt."""

from __future__ import annotations

import copy
import json
import pickle
import re
from string import ascii_letters, digits, punctuation
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tickhaul.net.redaction import MASK, hide_queries
from tickhaul.net.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk_live/9+ab=="
SIGNATURE = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
PRESIGNED = (
    "https://tickstore-exports.s3.amazonaws.com/exports/exp_1/part.csv.gz?X-Amz-Expires=300"
    f"&X-Amz-Credential=AKIA%2F20260417&response-content-disposition=attachment;filename='a'&X-Amz-Signature={SIGNATURE}"
)

keys = st.text(ascii_letters + digits + punctuation, min_size=4, max_size=40).filter(
    # A mask cannot hide a key that it holds itself.
    lambda key: key not in MASK and key not in f"x?{MASK}"
)
#: What a URL's query may hold as it is (RFC 3986), less the ends of texts.
queries = st.text(ascii_letters + digits + "-._~!$&'()*+,;=:@/?%", min_size=8, max_size=80)


def escaped(text: str) -> str:
    """Every character as a JSON escape."""
    return "".join(f"\\u{ord(character):04X}" for character in text)


def slashed(text: str) -> str:
    """As some JSON writers have it: with an escape before every slash."""
    return json.dumps(text).replace("/", "\\/")


def html_safe(text: str) -> str:
    """As Go writes JSON."""
    written = json.dumps(text)
    for character in "&<>":
        written = written.replace(character, escaped(character).lower())
    return written


SPELLINGS: list[Any] = [str, json.dumps, slashed, html_safe, escaped, repr]
SPELLINGS += [lambda text: json.dumps({"body": slashed(text)}), lambda text: json.dumps(html_safe(text))]


def plain(text: str) -> str:
    """The text with JSON's escapes undone, as often as they were applied."""
    text = re.sub(r"\\+u00([0-7][0-9a-fA-F])", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"\\+([\"/\\])", r"\1", text)


@pytest.mark.parametrize("spell", SPELLINGS)
@given(key=keys, before=st.text(max_size=20), after=st.text(max_size=20))
def test_the_key_never_survives(spell: Any, key: str, before: str, after: str) -> None:
    assume(key not in plain(before + after))
    shown = Secret(key).scrub(before + spell(key) + after)
    assert key not in shown
    assert plain(key) not in plain(shown).replace(MASK, "")


@pytest.mark.parametrize("spell", SPELLINGS)
@given(query=queries)
def test_a_query_never_survives(spell: Any, query: str) -> None:
    assume(query not in f"https://storage.example/a/b.csv?{MASK}")
    shown = hide_queries(f"GET {spell(f'https://storage.example/a/b.csv?{query}')} failed")
    assert query not in plain(shown)
    assert "storage.example" in plain(shown)
    assert MASK in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("what? nothing here", "what? nothing here"),
        ("https://h/p", "https://h/p"),
        ("a?b https://h/p c?d", "a?b https://h/p c?d"),
        ("https://h/p?a=1 and more", f"https://h/p?{MASK} and more"),
        ("see https://h?a=1", f"see https://h?{MASK}"),
        ('{"url":"https://h/p?a=1","n":2}', f'{{"url":"https://h/p?{MASK}","n":2}}'),
        ("<Url>https://h/p?a=1&amp;b=2</Url>", f"<Url>https://h/p?{MASK}</Url>"),
        ("HTTPS://H/P?A=1", f"HTTPS://H/P?{MASK}"),
        ("https://h/p%3Fa=1", f"https://h/p%3F{MASK}"),
        ("https://h/p&X-Amz-Signature=1", f"https://h/p&X-Amz-{MASK}"),
        ("https://me:w@h/p", f"https://{MASK}@h/p"),
        ("https://me:w@x@h/p?a=1", f"https://{MASK}@h/p?{MASK}"),
        ("via http://me:w@p:3128: refused", f"via http://{MASK}@p:3128: refused"),
        ("https://h/p@q", "https://h/p@q"),
        ("/b/k?X-Amz-Signature=1&x=2", f"/b/k?X-Amz-Signature={MASK}"),
        ("the header x-amz-request-id is missing", "the header x-amz-request-id is missing"),
        ("https:%2F%2Fh%2Fp%3FX-Amz-Signature%3D1", f"https:%2F%2Fh%2Fp%3F{MASK}"),
        ("url=https%3A%2F%2Fh%2Fp%3Fa%3D1", f"url=https%3A%2F%2Fh%2Fp%3F{MASK}"),
        ("s3://bucket/key?versionId=1", f"s3://bucket/key?{MASK}"),
        ("x?y=https://h/p?a=1", f"x?y=https://h/p?{MASK}"),
        ("https://h/p?a=https://h/q?b=1", f"https://h/p?{MASK}"),
        (r"https:\/\/h\/p?a=1\u0026b=2", rf"https:\/\/h\/p?{MASK}"),
        (r"https:\\\/\\\/h\\\/p?a=1", rf"https:\\\/\\\/h\\\/p?{MASK}"),
        (r"https\u003a\u002f\u002fh\u002Fp\u003fa\u003d1", rf"https\u003a\u002f\u002fh\u002Fp\u003f{MASK}"),
    ],
)
def test_queries_are_hidden_and_the_rest_stays(text: str, shown: str) -> None:
    assert hide_queries(text) == shown
    assert hide_queries(shown) == shown


def test_a_presigned_url_loses_all_of_its_query_quotes_included() -> None:
    assert hide_queries(PRESIGNED) == PRESIGNED.partition("?")[0] + "?" + MASK


@given(st.text(ascii_letters + ':/?\\"<> ', max_size=60))
def test_hiding_again_changes_nothing(text: str) -> None:
    assert hide_queries(hide_queries(text)) == hide_queries(text)


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


# Long enough not to be one of the names below.
@given(
    keys.filter(lambda key: len(key) > 6),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists),
)
def test_an_object_keeps_its_shape(key: str, value: Any) -> None:
    details = {key: value, "url": f"https://h/p?sig={key}", "nested": [{"a": key, key: [key]}], "n": 1, "f": 1.5}
    shown = Secret(key).scrub_object(details)
    assert not any(key in text for text in texts(shown))
    assert shown["url"] == f"https://h/p?{MASK}"
    assert shown["nested"] == [{"a": MASK, MASK: [MASK]}]
    assert shown["n"] == 1
    assert shown["f"] == 1.5


@pytest.mark.parametrize("key", ['a"b', "a\\b", ":", "1", "{", '"'])
def test_a_key_of_any_characters_leaves_an_object_an_object(key: str) -> None:
    # As text these would break the JSON they are cut from.
    details: dict[str, object] = {"a": f"x{key}y", "n": 12, "url": 'https://h/p?x="quoted"'}
    shown = Secret(key).scrub_object(details)
    assert key not in str(shown.get("a", shown.get(MASK)))
    assert len(shown) == 3


def test_details_nested_beyond_sense_are_hidden_whole() -> None:
    deep: Any = KEY
    for _ in range(500):
        deep = [deep]
    shown = Secret(KEY).scrub_object({"deep": deep, "wide": {"a": {"b": {}}}})
    assert KEY not in repr(shown)
    assert MASK in repr(shown["deep"])
    assert shown["wide"] == {"a": {"b": {}}}


@given(st.integers(0, 1100), st.integers(0, 3))
def test_an_excerpt_holds_no_part_of_a_secret_wherever_it_is_cut(place: int, urls: int) -> None:
    body = f"{PRESIGNED} " * urls + "." * place + KEY + "." * 600
    shown = Secret(KEY).excerpt(body.encode())
    assert len(shown) <= 501
    assert KEY[:4] not in shown
    assert SIGNATURE[:4] not in shown


@pytest.mark.parametrize("place", range(65_536 - len(KEY), 65_536))
def test_of_a_long_body_only_the_start_is_looked_at(place: int) -> None:
    # Queries vanish, so that what stands at the edge moves into what is shown.
    query = "http://h/?" + "x" * (place - 10 - 10) + " "
    body = query + " " * (place - len(query)) + KEY + "." * 100_000
    shown = Secret(KEY).excerpt(body.encode())
    assert len(shown) <= 501
    assert KEY[:4] not in shown


def test_a_short_body_is_shown_whole_and_bytes_that_are_no_text_are_marked() -> None:
    assert Secret(KEY).excerpt(b"<html>busy</html>") == "<html>busy</html>"
    assert Secret(KEY).excerpt(b"\xff\xfe") == "\ufffd\ufffd"
    assert Secret(KEY).excerpt(b"." * 501) == "." * 500 + "…"


@pytest.mark.parametrize("unit", ["://", "\\", "https://", "\\u003a", "?", "sk_live/", "a://b?c "])
def test_hostile_text_is_scrubbed_in_linear_time(unit: str) -> None:
    # Quadratic work on a megabyte would take longer than a test may.
    size = 1_000_000 // len(unit)
    assert Secret(KEY).scrub(unit * size)


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(KEY)
    assert repr(secret) == str(secret) == f"{secret}" == MASK
    assert KEY not in repr({"secret": secret})
    assert secret.reveal() == KEY
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="an API key is not pickled"):
            attempt(secret)


def test_secrets_are_equal_by_value() -> None:
    assert Secret(KEY) == Secret(KEY)
    assert hash(Secret(KEY)) == hash(Secret(KEY))
    assert Secret(KEY) != Secret("other")
    assert Secret(KEY) != KEY
