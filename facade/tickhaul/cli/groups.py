"""Groups of commands that do the obvious thing when no command is named."""

from typing import Any

import typer
from typer.core import TyperGroup


class _ListsByDefault(TyperGroup):
    """`tickhaul exports` is `tickhaul exports list`."""

    default = "list"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # typer keeps the type of a context to itself
        if self._left_out(args) and not ctx.resilient_parsing:
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def _left_out(self, args: list[str]) -> bool:
        return not args or (args[0].startswith("-") and args[0] != "--help")


class _TakesArguments(_ListsByDefault):
    """`tickhaul instruments binance` is `tickhaul instruments list binance`: the word is no command, so an argument."""

    def _left_out(self, args: list[str]) -> bool:
        return super()._left_out(args) or (args[0] not in self.commands and args[0] != "--help")


class _Gets(_TakesArguments):
    """`tickhaul availability 123` is `tickhaul availability get 123`."""

    default = "get"


def group(help_text: str, *, takes_arguments: bool = False) -> typer.Typer:
    """A group whose command `list` may be left out.

    Args:
        help_text: what the group is about.
        takes_arguments: whether `list` takes arguments.
    """
    kind = _TakesArguments if takes_arguments else _ListsByDefault
    return typer.Typer(cls=kind, help=f"{help_text} Without a command: list.", rich_markup_mode=None)


def single(help_text: str) -> typer.Typer:
    """A group whose only command `get` may be left out."""
    return typer.Typer(cls=_Gets, help=f"{help_text} Without a command: get.", rich_markup_mode=None)
