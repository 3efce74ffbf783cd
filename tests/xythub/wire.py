"""Answers for scripted servers, in the words of xyt hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul.xythub.framing import frame

from tests.support.behaviours import answer, body

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from tickhaul_sandbox import Sandbox

    from tests.support.behaviours import Step
    from tests.support.server import Received, ScriptedServer

TOKEN = "t0ken-4f1e.A~b/c+d=="


def grant(token: str = TOKEN, **members: object) -> Step:
    """A good answer of the token endpoint."""
    given = {"access_token": token, "token_type": "bearer", "expires_in": 43199, "scope": "read", **members}
    return answer({name: value for name, value in given.items() if value is not None})


def refusal(status: int, code: str, description: str) -> Step:
    """An error of the service."""
    return answer({"error": code, "error_description": description}, status)


def framed(message: Message) -> Step:
    """A message as a frame."""
    return body(frame(message), 200, {"Content-Type": "application/octet-stream"})


def sent(server: ScriptedServer, path: str) -> list[Received]:
    """The requests a path has got."""
    return [request for request in server.requests if request.path == path]


def asked(sandbox: Sandbox, operation: str) -> int:
    """How often an operation of the sandbox was called."""
    return sum(request.operation == operation for request in sandbox.requests)
