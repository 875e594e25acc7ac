"""A long list in state, in rows of 32, so that no row grows without end and every one of them is read in a step."""

from __future__ import annotations

from typing import Annotated

from linlian.kernel.contract import Context, Id, Meta, Reader, Row, Table, compose

PAGE_SIZE = 32
PAGES_MAX = 8
LISTED_MAX = PAGE_SIZE * PAGES_MAX


class Page(Row):
    """Keyed by whose list it is, and the page's number."""

    listed: Annotated[tuple[Id, ...], Meta(max_length=PAGE_SIZE)]


def page(reader: Reader, pages: Table[Page], of: bytes, number: int) -> tuple[bytes, ...]:
    """What stands on a page; nothing if there is none."""
    found = pages.get(reader, compose(of, number))
    return () if found is None else found.listed


def add(ctx: Context, pages: Table[Page], of: bytes, identifier: bytes) -> int | None:
    """Put something on the first page that has room: the page's number; None if all are full."""
    for number in range(PAGES_MAX):
        listed = page(ctx, pages, of, number)
        if len(listed) < PAGE_SIZE:
            pages.put(ctx, compose(of, number), Page((*listed, identifier)))
            return number
    return None


def drop(ctx: Context, pages: Table[Page], of: bytes, number: int, identifier: bytes) -> None:
    """Take something from the page on which it stands."""
    left = tuple(other for other in page(ctx, pages, of, number) if other != identifier)
    if left:
        pages.put(ctx, compose(of, number), Page(left))
    else:
        pages.delete(ctx, compose(of, number))


def page_after(reader: Reader, pages: Table[Page], of: bytes, number: int) -> int | None:
    """The next page on which something stands, or None."""
    return next((later for later in range(number + 1, PAGES_MAX) if pages.has(reader, compose(of, later))), None)
