"""Which datastream a person means: by its id, or by its names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul.cli.failures import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tickhaul import Client
    from tickhaul.models import Datastream

_DIGITS = 19  # of the largest number of 64 bits


def check_target(words: Sequence[str], wire_format: str | None) -> int | tuple[str, str, str]:
    """An id, or an exchange, an instrument and a stream type, as typed.

    Raises:
        UsageError: the words are neither.
    """
    if len(words) == 1 and words[0].isdecimal():
        if wire_format is not None:
            raise UsageError("--wire-format goes with EXCHANGE INSTRUMENT STREAM_TYPE; an id names one stream already")
        if len(words[0]) > _DIGITS:
            raise UsageError(f"datastream {words[0][:_DIGITS]}...: expected an id of at most {_DIGITS} digits")
        return int(words[0])
    if len(words) == 3:
        return (words[0], words[1], words[2])
    raise UsageError(
        f"expected a datastream's id, or EXCHANGE INSTRUMENT STREAM_TYPE such as binance BTCUSDT trades; "
        f"got {' '.join(words)!r}"
    )


def resolve(client: Client, target: int | tuple[str, str, str], wire_format: str | None) -> int | Datastream:
    """What to hand to the client.

    Raises:
        DatastreamLookupError: no datastream has these names, or several do.
    """
    return target if isinstance(target, int) else client.datastreams.find(*target, wire_format)
