"""One test for both of xyt hub's clients: the async one, driven from a thread, wears the sync one's face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from tickhaul import xythub

from tests.support.clock import AsyncFakeClock
from tests.support.faces import Face, _Blocking

if TYPE_CHECKING:
    from tests.support.clock import FakeClock

USER, PASSWORD, KEY, CLIENT_SECRET = "maria", "p4ss&w0rd=ü", "key-77c1f0", "cl13nt:s3cret"


class Connect(Protocol):
    """Builds a client, which the test's end closes."""

    def __call__(
        self,
        url: str,
        *,
        clock: FakeClock | None = None,
        **options: Any,  # whatever the clients take; their own signatures are under test
    ) -> xythub.Client: ...


class HubFace(Face):
    """Builds clients that all behave like `xythub.Client`."""

    def hub(self, *, clock: FakeClock | None = None, **options: Any) -> xythub.Client:  # as above
        """A client; with a fake clock nothing is slept, and every draw of jitter is the largest possible."""
        if "password" not in options and "api_key" not in options:
            options["password"] = PASSWORD
        arguments = {"user": USER, "client_secret": CLIENT_SECRET, **options}
        if self.name == "sync":
            client = xythub.Client(**arguments)
            for executor in client._session._executors.values():
                if clock is not None:
                    executor.clock = clock
                    executor.uniform = _largest
            return client
        running = xythub.AsyncClient(**arguments)
        for running_executor in running._session._executors.values():
            if clock is not None:
                running_executor.clock = AsyncFakeClock(clock)
                running_executor.uniform = _largest
        return cast("xythub.Client", _BlockingHub(running, self.portal))


class _BlockingHub(_Blocking):
    def _wrap(self, value: object) -> object:
        if isinstance(value, xythub.AsyncClient) or type(value).__module__.startswith("tickhaul.xythub._async"):
            return _BlockingHub(value, self._portal)
        return super()._wrap(value)


def _largest(low: float, high: float) -> float:
    del low
    return high
