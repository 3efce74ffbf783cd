"""All secrets of a client, kept out of whatever a person or a log file may see."""

from __future__ import annotations

from tickhaul.net.secrets import Secret

_TOKENS = 8


class Secrets(Secret):
    """The password or API key, with whatever else must not show beside it.

    Args:
        value: the password or API key.
        others: further secrets that stay the same.
    """

    __slots__ = ("_others", "_tokens")

    def __init__(self, value: Secret, *others: Secret) -> None:
        super().__init__(value.reveal())
        self._others = tuple(other for other in others if other)
        self._tokens: tuple[Secret, ...] = ()

    def learn(self, token: Secret) -> None:
        """Hide a token too; of many, the latest."""
        self._tokens = (token, *self._tokens)[:_TOKENS]

    def scrub(self, text: str) -> str:
        """The text without any of the secrets, however JSON may spell them, and without the query of any URL."""
        # The longest first, for one may be part of another.
        for secret in sorted((*self._others, *self._tokens), key=_length, reverse=True):
            text = secret.scrub(text)
        return super().scrub(text)


def _length(secret: Secret) -> int:
    return len(secret.reveal())
