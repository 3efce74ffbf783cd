"""What goes wrong on request: by a flag of the command, and by the fixture that programs' own tests use."""

from __future__ import annotations

import argparse

import pytest
from tickhaul import AuthenticationError, PermissionDeniedError, ResponseDecodeError, ServerError, TokenError, xythub
from tickhaul_sandbox import FaultError, Sandbox
from tickhaul_sandbox.__main__ import add_arguments, settings_from
from tickhaul_sandbox.xythub.framing import SPOILED
from tickhaul_sandbox.xythub.settings import DEFAULT_CLIENT_SECRET, DEFAULT_PASSWORD, DEFAULT_USER

FAULTS: dict[str, type[Exception]] = {
    **{f"malformed-frame:xyt.get.lookupSources:how={how}": ResponseDecodeError for how in SPOILED},
    "malformed-frame": ResponseDecodeError,
    "stale-token:xyt.get.*": AuthenticationError,
    "error:xyt.token:status=400:code=invalid_grant:message=Bad": TokenError,
    "error:xyt.token:status=401:code=invalid_client:message=Bad": TokenError,
    "error:xyt.get.*:status=401:code=invalid_token:message=Bad": AuthenticationError,
    "error:xyt.get.*:status=403:code=access_denied:message=Bad": PermissionDeniedError,
    "html-503:xyt.token": ServerError,
}


def ask(sandbox: Sandbox) -> int:
    with xythub.Client(
        DEFAULT_USER,
        DEFAULT_PASSWORD,
        client_secret=DEFAULT_CLIENT_SECRET,
        base_url=sandbox.base_url,
        max_retries=0,
    ) as client:
        return client.get("lookupSources").row_count


@pytest.mark.parametrize("spec", FAULTS)
def test_a_flag_of_the_command_brings_a_fault_about(spec: str) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    settings = settings_from(parser.parse_args(["--port", "0", "--fault", spec]))
    with Sandbox(settings) as sandbox, pytest.raises(FAULTS[spec]):
        ask(sandbox)


@pytest.mark.parametrize("spec", FAULTS)
def test_the_fixture_brings_a_fault_about_and_ends_it(ticksupply_sandbox: Sandbox, spec: str) -> None:
    assert ask(ticksupply_sandbox) == 2
    fault = ticksupply_sandbox.faults.add(spec)
    with pytest.raises(FAULTS[spec]):
        ask(ticksupply_sandbox)
    ticksupply_sandbox.faults.remove(fault)
    assert ask(ticksupply_sandbox) == 2


def test_a_way_to_spoil_a_frame_that_there_is_not_is_refused(ticksupply_sandbox: Sandbox) -> None:
    with pytest.raises(FaultError, match="how must be one of empty, marker"):
        ticksupply_sandbox.faults.add("malformed-frame:how=nicely")
