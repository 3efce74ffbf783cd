"""Every form of a key that the service takes passes, and no other."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul._core.idempotency import choose_key

HYPHENATED = "6f1c9a34-3f1e-4f7a-9b65-0c8c9f2f9a11"


@given(st.uuids())
def test_every_documented_form_of_every_uuid_is_sent_as_it_is(key: uuid.UUID) -> None:
    assert choose_key(key) == str(key)
    for text in (str(key), str(key).upper(), key.hex, f"{{{key}}}", key.urn):
        assert choose_key(text) == text
        assert uuid.UUID(text) == key


@pytest.mark.parametrize("version", [uuid.uuid1, uuid.uuid4, lambda: uuid.uuid5(uuid.NAMESPACE_URL, "a"), uuid.UUID])
def test_the_version_does_not_matter(version: Any) -> None:
    key = version() if version is not uuid.UUID else uuid.UUID(int=0)
    assert choose_key(key) == str(key)


def test_without_a_key_each_call_gets_a_random_one_of_its_own() -> None:
    keys = {choose_key(None) for _ in range(100)}
    assert len(keys) == 100
    assert all(uuid.UUID(key).version == 4 for key in keys)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "my-key",
        HYPHENATED[:-1],
        HYPHENATED + "0",
        HYPHENATED.replace("6", "g", 1),
        f" {HYPHENATED}",
        f"{HYPHENATED}\n",
        f"{{{HYPHENATED}",
        f"{{{HYPHENATED.replace('-', '')}}}",
        f"urn:{HYPHENATED}",
        f"URN:UUID:{HYPHENATED}",
        "6f1c9a34-3f1e4f7a-9b65-0c8c9f2f9a11",
        "\u0666" * 32,
        "a" * 129,
        "a" * 100_000,
    ],
    ids=lambda key: repr(key)[:40],
)
def test_another_text_is_refused_with_the_forms_there_are(key: str) -> None:
    with pytest.raises(ValueError, match="is not a UUID: expected a form like") as caught:
        choose_key(key)
    assert repr(key[:128]) in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("key", [5, b"6f1c9a34", True, 1.5, [HYPHENATED]])
def test_another_type_is_a_type_error(key: Any) -> None:
    with pytest.raises(TypeError, match=f"must be a str or uuid.UUID, not {type(key).__name__}"):
        choose_key(key)


@given(st.text(max_size=60))
def test_whatever_passes_is_a_uuid_and_fits_a_header(text: str) -> None:
    try:
        key = choose_key(text)
    except ValueError:
        return
    assert uuid.UUID(key).int >= 0
    assert key.isascii()
