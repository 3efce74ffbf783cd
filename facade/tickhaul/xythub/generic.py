"""Generic requests: an endpoint's name, and parameters by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from tickhaul._core.arguments import segment
from tickhaul.xythub.contracts import find_contract
from tickhaul.xythub.parameters import ParameterWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul.xythub.settings import Settings

_SOURCE = "source"


def write_get(endpoint: str, parameters: Mapping[str, object], settings: Settings) -> tuple[str, Any]:
    """The path and the message of a generic request.

    Args:
        endpoint: the endpoint's name.
        parameters: by name; ``None`` leaves one out. The source, ``source``, goes where the settings want it.
        settings: how the service is spoken to.

    Returns:
        The path, relative to the data service, and a ``DataRequest`` of the settings' contract.

    Raises:
        ValueError: the endpoint or the source is no name, or a parameter is out of range.
        TypeError: a parameter is of a type the service has no word for.
    """
    given = {name: value for name, value in parameters.items() if value is not None}
    source = given.pop(_SOURCE, None)
    names = {"endpoint": _step("endpoint", endpoint)}
    if "{source}" in settings.get_path:
        names[_SOURCE] = _step(_SOURCE, source)
    elif source is not None and settings.source_parameter is not None:
        given[settings.source_parameter] = source
    contract = find_contract(settings.get_contract)
    request = contract.data.DataRequest()
    request.header.reference_id.value = str(uuid4())
    if contract.epoch:
        # Else days and times come as messages, one for each row.
        request.header.raw_time = True
    writer = ParameterWriter(contract, settings)
    for name, value in given.items():
        request.parameters[name].CopyFrom(writer.write(name, value))
    return settings.get_path.format(**names), request


def _step(name: str, value: Any) -> str:
    return quote(segment(name, value), safe="")
