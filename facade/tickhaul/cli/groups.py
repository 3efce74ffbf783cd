"""Groups of commands: what they do when no command is named, and where an option stands that they do not know."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup


class Root(TyperGroup):
    """The command itself: whatever part of it is given an option of another part, it says where that stands."""

    def make_context(self, *args: Any, **more: Any) -> Any:  # typer keeps the type of a context to itself
        """Read the options before the command."""
        with _placing():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:  # as above
        """Read the command with its options, and run it."""
        with _placing():
            return super().invoke(ctx)


@contextmanager
def _placing() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # typer keeps the class to itself.
        if type(error).__name__ == "NoSuchOption":
            told: Any = error
            if hint := place(told.option_name, told.ctx):
                told.message += hint
                told.possibilities = None
        raise


def place(name: str, context: Any) -> str:
    """Where an option stands that a command does not have, to end an error with; nothing if no other has it.

    Args:
        name: the option.
        context: the command's.
    """
    outer = context.parent
    while outer is not None:
        if (example := _example(outer.command, name)) is not None:
            rest = context.command_path.removeprefix(outer.command_path).strip()
            return f"; it stands before {rest}: {outer.command_path} {example} {rest} ..."
        outer = outer.parent
    path, example = next(_examples(context.command, context.command_path, name), ("", ""))
    return f"; it stands after a command that has it, as in: {path} ... {example}" if path else ""


def _examples(command: Any, path: str, name: str) -> Iterator[tuple[str, str]]:
    """The commands below one that have an option, each with the option as it is typed."""
    for word, below in getattr(command, "commands", {}).items():
        if (example := _example(below, name)) is not None:
            yield f"{path} {word}", example
        yield from _examples(below, f"{path} {word}", name)


def _example(command: Any, name: str) -> str | None:
    option = next((option for option in command.params if name in option.opts), None)
    if option is None:
        return None
    return name if option.is_flag or option.count else f"{name} {option.metavar or 'VALUE'}"


class _ListsByDefault(TyperGroup):
    """`tickhaul exports` is `tickhaul exports list`."""

    default = "list"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # as above
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
