"""What `tickhaul contract check` does, without how it is typed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from tickhaul._files import check_target, replacing
from tickhaul.errors import TickhaulError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

_NEEDS = {"yaml": "pyyaml", "jsonschema": "jsonschema"}


def missing() -> list[str]:
    """The packages of the extra ``contract`` that are not installed."""
    return [package for module, package in _NEEDS.items() if find_spec(module) is None]


def run_check(
    base_url: str | None,
    api_key: str,
    out: TextIO,
    *,
    write: bool = False,
    as_json: bool = False,
    junit: Path | None = None,
    additions: bool = True,
    allow_plain_http: bool = False,
    timeout: float = 30.0,
    deadline: float = 300.0,
) -> int:
    """Check a service and write the report.

    Args:
        base_url: the service's origin; ``None`` for ``TICKSUPPLY_BASE_URL``, then the service's own.
        api_key: the API key.
        out: where the report goes.
        write: whether the check may also make resources, which it removes.
        as_json: a JSON document instead of text.
        junit: a file to write JUnit XML to as well.
        additions: whether new fields and new values count as drift; they are reported in any case.
        allow_plain_http: whether the key may travel unencrypted beyond this machine.
        timeout: seconds of silence before a request counts as unanswered.
        deadline: seconds for the whole check.

    Returns:
        The exit code: 0 clean, 1 drift, 4 not answered in time.

    Raises:
        ValueError: an argument cannot work, or the extra ``contract`` is missing.
        AuthenticationError: the service does not accept the key.
        OSError: the file cannot be written.
    """
    if absent := missing():
        raise ValueError(f'the contract check needs {", ".join(absent)}: pip install "tickhaul[contract]"')
    from tickhaul.contract import render  # noqa: PLC0415 (loads with the extra alone)
    from tickhaul.contract.walk import check  # noqa: PLC0415 (as above)

    if junit is not None:
        # Before the service is bothered: a folder that is not there should not cost the whole check.
        check_target(junit)
    try:
        report = check(
            base_url, api_key, write=write, allow_plain_http=allow_plain_http, timeout=timeout, deadline=deadline
        )
    except BaseException as ending:
        if junit is not None:
            told = isinstance(ending, TickhaulError | ValueError)
            reason = str(ending) if told else "interrupted" if isinstance(ending, KeyboardInterrupt) else "failed"
            try:
                _save(junit, render.ending_as_junit(base_url or "the service", reason))
            except OSError as error:
                ending.add_note(f"the JUnit report was not written: {error}")
        raise
    # Each is written whether or not the other can be.
    try:
        out.write(render.as_json(report) if as_json else render.as_text(report))
        out.flush()
    finally:
        if junit is not None:
            _save(junit, render.as_junit(report))
    return report.exit_code(additions=additions)


def _save(junit: Path, document: bytes) -> None:
    with replacing(junit) as file:
        file.write(document)
