"""The key that makes a repeated request harmless.

Facts (docs: guides/idempotency): any POST or DELETE takes an ``Idempotency-Key``; it must parse as a UUID, in the
hyphenated, simple, braced or URN form, with at most 128 characters; it is remembered for 24 hours.
"""

from __future__ import annotations

import re
import uuid

_MAX_LENGTH = 128
_HEX = "[0-9a-fA-F]"
_HYPHENATED = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_FORMS = re.compile(rf"{_HYPHENATED}|{_HEX}{{32}}|\{{{_HYPHENATED}\}}|urn:uuid:{_HYPHENATED}")


def choose_key(given: str | uuid.UUID | None) -> str:
    """The caller's key as it goes on the wire, or a fresh one.

    Args:
        given: the caller's key; ``None`` for a fresh random UUID.

    Returns:
        The text of the header.

    Raises:
        ValueError: the service would refuse the key.
        TypeError: it is neither text nor a UUID.
    """
    if given is None:
        return str(uuid.uuid4())
    if isinstance(given, uuid.UUID):
        return str(given)
    if not isinstance(given, str):
        raise TypeError(f"idempotency_key must be a str or uuid.UUID, not {type(given).__name__}")
    if len(given) > _MAX_LENGTH or not _FORMS.fullmatch(given):
        raise ValueError(
            f"idempotency_key {given[:_MAX_LENGTH]!r} is not a UUID: "
            "expected a form like '6f1c9a34-…' (str(uuid.uuid4())), simple, braced or urn:uuid:"
        )
    return given
