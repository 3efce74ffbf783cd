"""What all paged lists have in common (docs: guides/pagination)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tickhaul.contract.session import Asked, Session

#: The page sizes of the two kinds of lists: the usual one and the largest.
CATALOG = (100, 1000)
ACCOUNT = (50, 100)
_SMALL_PAGES = 3
_ID = re.compile(r"[a-z]{3}_[0-9a-f]{32}")


def look_through(
    session: Session,
    operation: str,
    bounds: tuple[int, int],
    *,
    name: Callable[[dict[str, Any]], object],
    path: Mapping[str, str] | None = None,
) -> Asked:
    """Look at a list in a page of the usual size and in pages of one item, and at what it refuses.

    Args:
        session: the check.
        operation: the list.
        bounds: its usual and its largest page size.
        name: what tells its items apart.
        path: the parameters of its path.

    Returns:
        The page of the usual size.
    """
    usual, largest = bounds
    first = session.ask(operation, path=path)
    if first.good:
        _check_page(session, first, usual)
        whole = first.value.get("next_page_token") is not None or first.value["total"] == len(first.value["items"])
        session.ensure(first, whole, "body.next_page_token", "is not there although there are more items")
    seen: list[str] = []
    token = None
    for _ in range(_SMALL_PAGES):
        page = session.ask(operation, path=path, query={"limit": 1} | ({"page_token": token} if token else {}))
        if not page.good:
            break
        _check_page(session, page, 1)
        seen += [str(name(item)) for item in page.value["items"]]
        session.ensure(page, len(set(seen)) == len(seen), "body.items", "an item comes on two pages")
        session.ensure(page, page.value["total"] >= len(seen), "body.total", "is less than there are")
        token = page.value.get("next_page_token")
        if token is None:
            break
    # What is not said anywhere is which error it is; the contract takes the general one.
    for wrong in ({"limit": 0}, {"limit": largest + 1}, {"limit": "many"}, {"page_token": "tickhaul-no-such-token"}):
        session.ask(operation, path=path, query=wrong, expect=(400,), unsure=True)
    return first


def items_of(asked: Asked, *needed: str) -> list[dict[str, Any]]:
    """The items of a page that can be built upon.

    Args:
        asked: the page.
        needed: the fields that an item of a page that does not fit the contract must have all the same; drift in one
            field should not hide what there is to be found behind the list. Without any, such a page gives none.
    """
    value = asked.value if asked.good or needed else None
    items = value.get("items") if isinstance(value, dict) else value
    if not isinstance(items, list):
        return []
    return items if asked.good else [item for item in items if _has(item, needed)]


def _has(item: object, needed: Collection[str]) -> bool:
    if not isinstance(item, dict) or not all(isinstance(item.get(name), str | int) for name in needed):
        return False
    return "id" not in needed or bool(_ID.fullmatch(str(item["id"])))


def filtered(session: Session, operation: str, name: str, query: Mapping[str, object], path: Mapping[str, str]) -> None:
    """Look whether a filter narrows a list to what has its value. Whether letter case matters is not stated.

    Args:
        session: the check.
        operation: the list.
        name: the field of an item that is filtered by.
        query: the filter, with a value that one item was seen with.
        path: the parameters of the path.
    """
    asked = session.ask(operation, path=path, query=query)
    if not asked.good:
        return
    (wanted,) = (str(value).casefold() for value in query.values())
    values = [str(item.get(name)).casefold() for item in asked.value["items"]]
    session.ensure(asked, bool(values), "body.items", f"no item has the `{name}` that one was seen with")
    fits = all(wanted in value if "search" in query else value == wanted for value in values)
    session.ensure(asked, fits, f"body.items[*].{name}", "the filter lets other values through")


def _check_page(session: Session, page: Asked, limit: int) -> None:
    items, total = page.value["items"], page.value["total"]
    session.ensure(page, page.value["limit"] == limit, "body.limit", f"is not the page size in effect, {limit}")
    session.ensure(page, len(items) <= limit, "body.items", "holds more than the limit")
    session.ensure(page, total >= len(items), "body.total", "is less than the items of one page")
    if page.value.get("next_page_token") is not None:
        session.ensure(page, total > len(items), "body.total", "counts this page, not all pages")
        session.ensure(page, bool(items), "body.items", "is empty although there is a next page")
