"""What people import, call and read about is complete, alike on both sides, and free of other libraries' types."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import tickhaul
from tickhaul import errors, hooks, models

from tests.walls.surface import RESOURCES, Method, classes, methods, names_in, origins

SYNC, ASYNC = classes("_sync"), classes("_async")
SYNC_METHODS = [method for owner in SYNC.values() for method in methods(owner)]
ASYNC_METHODS = [method for owner in ASYNC.values() for method in methods(owner)]
EVERY_METHOD = [pytest.param(method, id=method.label) for method in SYNC_METHODS + ASYNC_METHODS]


def test_the_names_of_the_package_are_sorted_and_there() -> None:
    assert tickhaul.__all__ == sorted(tickhaul.__all__)
    assert len(set(tickhaul.__all__)) == len(tickhaul.__all__)
    for name in tickhaul.__all__:
        assert getattr(tickhaul, name) is getattr(tickhaul, name)
    star: dict[str, object] = {}
    exec("from tickhaul import *", star)
    assert set(tickhaul.__all__) == star.keys() - {"__builtins__"}


def test_type_checkers_see_the_names_that_are_there() -> None:
    path = tickhaul.__file__
    assert path is not None
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    (checked,) = [node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name)]
    seen = {alias.name for node in checked.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(tickhaul.__all__) - {"__version__"}


def test_every_error_and_record_is_a_name_of_the_package() -> None:
    records = {
        name for name, kind in vars(hooks).items() if inspect.isclass(kind) and kind.__module__ == hooks.__name__
    }
    assert set(errors.__all__) | records <= set(tickhaul.__all__)
    homes = set(tickhaul._HOMES)
    assert homes | set(errors.__all__) | {"errors", "models", "__version__"} == set(tickhaul.__all__)


def test_listing_the_package_shows_its_names_before_they_are_used() -> None:
    for module in (tickhaul, models):
        assert set(module.__all__) <= set(dir(module))
        assert dir(module) == sorted(dir(module))


@pytest.mark.parametrize("name", ["client", "AsyncPage", "Pagination", "httpx", "", "_HOME", "KEEP"])
def test_another_name_is_no_attribute_of_the_package(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'tickhaul' has no attribute {name!r}"):
        getattr(tickhaul, name)
    assert not hasattr(tickhaul, name)


def twin(name: str) -> str:
    """The async name of a sync method."""
    return {"close": "aclose", "__enter__": "__aenter__", "__iter__": "__aiter__"}.get(name, name)


def test_both_clients_have_the_same_resources_and_methods() -> None:
    for name, sync in SYNC.items():
        there = {twin(method.name) for method in methods(sync)}
        assert there == {method.name for method in methods(ASYNC[name])}
    for resource in RESOURCES:
        assert hasattr(SYNC["Client"], resource)
        assert hasattr(ASYNC["Client"], resource)


@pytest.mark.parametrize("method", [pytest.param(method, id=method.label) for method in SYNC_METHODS])
def test_both_clients_take_and_give_the_same(method: Method) -> None:
    owner = ASYNC[next(name for name, kind in SYNC.items() if kind is method.owner)]
    (other,) = [found for found in methods(owner) if found.name == twin(method.name)]
    one, two = inspect.signature(as_callable(method)), inspect.signature(as_callable(other))

    def plain(annotation: Any) -> str:
        return re.sub(r"\bAsync(?=[A-Z])", "", str(annotation))

    assert [(part.name, part.kind, part.default, plain(part.annotation)) for part in one.parameters.values()] == [
        (part.name, part.kind, part.default, plain(part.annotation)) for part in two.parameters.values()
    ]
    assert plain(one.return_annotation) == plain(two.return_annotation)


def as_callable(method: Method) -> Any:
    return method.function


def test_what_waits_is_awaited_and_what_is_lazy_is_not() -> None:
    for method in ASYNC_METHODS:
        annotation = str(inspect.signature(as_callable(method)).return_annotation)
        lazy = (
            annotation.startswith(("AsyncPages", "AsyncIterator", "Self", "None"))
            or method.owner.__name__ == "AsyncClient"
        )
        waits = inspect.iscoroutinefunction(method.function)
        assert waits or lazy, method.label
    assert not any(inspect.iscoroutinefunction(method.function) for method in SYNC_METHODS)
    assert not any(inspect.isasyncgenfunction(method.function) for method in SYNC_METHODS)


#: Whose types a caller would have to learn, and would lose when they change.
PLUMBING = ("httpx", "httpcore", "anyio", "ticksupply_api", "xythub_proto", "h11", "attr", "dateutil")
#: Types of private modules that stand in public signatures without a public name, each for a reason.
UNNAMED = {
    "Keep",  # the type of a default nobody passes
    "Fetch",  # what a list is built with, by resources alone
    "PageRequest",  # as above
    "PageModel",  # as above
    "Caller",  # what resources are built with, by the client alone
    "AsyncCaller",  # as above
}


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_a_signature_names_only_types_that_people_can_import(method: Method) -> None:
    home = method.owner.__module__
    whence = origins(home)
    signature = inspect.signature(as_callable(method))
    annotations = [part.annotation for part in signature.parameters.values() if part.name != "self"]
    for annotation in [*annotations, signature.return_annotation]:
        assert annotation is not inspect.Signature.empty
        for name in names_in(annotation):
            origin = whence.get(name, "")
            assert origin.partition(".")[0] not in PLUMBING, f"{name} of {origin}"
            # A resource's class is met as an attribute of the client.
            if origin.startswith("tickhaul") and ".resources." not in origin and name not in UNNAMED:
                public = name in tickhaul.__all__ or not any(step.startswith("_") for step in origin.split("."))
                assert public, f"{name} of {origin}"


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_a_method_is_documented_with_every_argument(method: Method) -> None:
    function = as_callable(method)
    owner = inspect.cleandoc(method.owner.__doc__ or "")
    assert owner
    if method.name.startswith("__") and method.name != "__init__":
        return
    text = owner if method.name == "__init__" else inspect.cleandoc(function.__doc__ or "")
    assert text, method.label
    for part in inspect.signature(function).parameters.values():
        if part.name != "self":
            assert re.search(rf"^ {{4}}{part.name}: \S", text, re.MULTILINE), part.name
    if "Raises:" not in text and inspect.iscoroutinefunction(function) and method.name != "aclose":
        raise AssertionError(f"{method.label} does not say what it raises")


@pytest.mark.parametrize("name", tickhaul.__all__)
def test_every_name_is_documented(name: str) -> None:
    thing = getattr(tickhaul, name)
    if inspect.isclass(thing) or inspect.ismodule(thing):
        assert inspect.cleandoc(thing.__doc__ or ""), name


@pytest.mark.parametrize("name", models.__all__)
def test_every_model_is_documented_with_its_fields(name: str) -> None:
    kind = getattr(models, name)
    if issubclass(kind, Enum):
        # The generator has no place for words about an enumeration; its values are those of the service.
        assert all(isinstance(member.value, str) for member in kind)
        return
    assert inspect.cleandoc(kind.__doc__ or "")
    for field in getattr(kind, "__attrs_attrs__", ()):
        # The house of models that are free objects is the mapping itself.
        assert re.search(rf"\b{field.name}: ", kind.__doc__) or field.name == "additional_properties", field.name


def test_public_modules_say_what_they_are() -> None:
    for name in (
        "tickhaul",
        "tickhaul.errors",
        "tickhaul.hooks",
        "tickhaul.models",
        "tickhaul.testing",
        "tickhaul.transfer",
    ):
        assert inspect.cleandoc(importlib.import_module(name).__doc__ or ""), name
