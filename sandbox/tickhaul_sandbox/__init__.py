"""tickhaul's sandbox: the Ticksupply service emulated over real HTTP, for trying, testing and contract checks.

from tickhaul_sandbox import Sandbox, Settings

with Sandbox(Settings(seed=7)) as sandbox:
    print(sandbox.base_url, sandbox.api_key)
"""

from __future__ import annotations

from tickhaul_sandbox.clock import Clock, ManualClock, SystemClock
from tickhaul_sandbox.faults import FaultError, Faults
from tickhaul_sandbox.recording import RecordedRequest, Recorder
from tickhaul_sandbox.server import Sandbox, serve
from tickhaul_sandbox.settings import DEFAULT_API_KEY, Settings
from tickhaul_sandbox.state.file import StateError

__all__ = [
    "DEFAULT_API_KEY",
    "Clock",
    "FaultError",
    "Faults",
    "ManualClock",
    "RecordedRequest",
    "Recorder",
    "Sandbox",
    "Settings",
    "StateError",
    "SystemClock",
    "serve",
]
