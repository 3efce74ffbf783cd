"""What the service has recorded of a datastream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul._core import operations
from tickhaul._core.arguments import datastream_id

if TYPE_CHECKING:
    from tickhaul._async.caller import AsyncCaller
    from tickhaul.models import Availability, Datastream


class AsyncAvailabilities:
    """The time ranges recorded of datastreams.

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def get(self, datastream: int | Datastream) -> Availability:
        """The recorded ranges of one datastream.

        Args:
            datastream: the datastream or its id.

        Returns:
            Its ``ranges``, each with ``from_`` (inclusive) and ``to`` (exclusive) in nanoseconds since 1970 and an
            estimate of its rows (rust: src/resources/availability.rs).

        Raises:
            NotFoundError: there is no such datastream.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return await self._caller.call(operations.GET_AVAILABILITY, datastream_id=datastream_id(datastream))
