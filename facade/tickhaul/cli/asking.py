"""Asking a person before something cannot be undone."""

import sys

import typer


def sure(question: str, *, yes: bool) -> None:
    """Ask, if somebody is there to answer; a script has decided already.

    Args:
        question: what is about to happen.
        yes: whether the answer was given with the command.

    Raises:
        typer.Abort: the answer is no.
    """
    if not yes and sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        typer.confirm(question, abort=True, err=True)
