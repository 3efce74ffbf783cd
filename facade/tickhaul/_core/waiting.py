"""How a wait for an export job goes on from what was last seen of the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul.errors import ExportCanceled, ExportFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ticksupply_api.models import ExportJob

_FIRST = 1.0
_GROWTH = 1.5
_LONGEST = 15.0


def is_over(job: ExportJob) -> bool:
    """Whether the job succeeded; ``False`` while it may still do so, also in a state this version does not know.

    Raises:
        ExportFailed: it failed.
        ExportCanceled: it was canceled or deleted.
    """
    if job.status == "succeeded":
        return True
    if job.status == "failed":
        raise ExportFailed(f"export {job.id} failed: {job.reason or 'the service gives no reason'}", job=job)
    if job.status in ("canceled", "deleted"):
        raise ExportCanceled(f"export {job.id} is {job.status}, so it will not finish", job=job)
    return False


def poll_intervals(uniform: Callable[[float, float], float]) -> Iterator[float]:
    """Seconds between two looks at a job, without end: short at first, growing to a ceiling, each with jitter.

    Args:
        uniform: draws from a range of seconds, as ``random.uniform``.
    """
    interval = _FIRST
    while True:
        yield uniform(0.75 * interval, 1.25 * interval)
        interval = min(interval * _GROWTH, _LONGEST)
