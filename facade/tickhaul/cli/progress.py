"""How it goes, told on stderr to a person at a terminal and to nobody else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from tickhaul.cli.session import current
from tickhaul.cli.streams import terminal_size
from tickhaul.cli.text import duration, files, printable, size

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bar

    from tickhaul.hooks import RetryInfo
    from tickhaul.models import ExportJob
    from tickhaul.transfer import FileCheck, Progress

_WORTH_TELLING = 1.0  # seconds


def watched() -> bool:
    """Whether a person sees stderr."""
    return sys.stderr.isatty()


def tell(text: str) -> None:
    """Say a line to the person, if there is one."""
    if watched():
        sys.stderr.write(f"{printable(text)}\n")
        sys.stderr.flush()


def tell_of_retry(retry: RetryInfo) -> None:
    """Say that a call is tried again, if the wait for that is long enough to wonder about."""
    if retry.wait >= _WORTH_TELLING:
        tell(f"{retry.operation}: {retry.cause}; trying again in {retry.wait:.0f} s")


class Reporter:
    """Shows a wait and a transfer as they go on; for ``with``, which clears the line at the end."""

    def __init__(self) -> None:
        # A log that scrolls by and a bar that stands still do not go together.
        self._shown = watched() and current().verbosity == 0
        self._bar: Bar | None = None

    def say(self, text: str) -> None:
        """Say a line that stays."""
        tell(text)

    def waiting(self, job: ExportJob) -> None:
        """Show a job as seen just now."""
        self._update(f"export {job.id}: {job.status}", completed=None, total=None)

    def moving(self, progress: Progress) -> None:
        """Show how far a transfer is."""
        parts = [f"{progress.files_done} of {files(progress.files_total)}"]
        total = size(progress.bytes_total)
        parts.append(f"{size(progress.bytes_done)} of {total}, {size(progress.rate)}/s")
        if progress.remaining is not None:
            parts.append(f"{duration(progress.remaining)} left")
        self._update(", ".join(parts), completed=progress.bytes_done, total=progress.bytes_total)

    def checked(self, check: FileCheck) -> None:
        """Show a file that was just looked at."""
        self._update(f"checked {check.filename}", completed=None, total=None)

    def _update(self, text: str, *, completed: int | None, total: int | None) -> None:
        if not self._shown:
            return
        if self._bar is None:
            self._bar = _new_bar()
            self._bar.start()
            self._bar.add_task("", total=total, said="")
        self._bar.update(self._bar.task_ids[0], completed=completed, total=total, said=printable(text))

    def done(self) -> None:
        """Clear what is shown; the next wait or transfer begins anew."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done()


def _new_bar() -> Bar:
    from rich.console import Console  # noqa: PLC0415 (only a terminal needs it)
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 (as above)

    width, height = terminal_size(sys.stderr)
    return Progress(
        SpinnerColumn("dots" if (sys.stderr.encoding or "").lower().startswith("utf") else "line"),
        TextColumn("{task.fields[said]}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr, width=width, height=height),
        transient=True,
        redirect_stdout=False,
    )
