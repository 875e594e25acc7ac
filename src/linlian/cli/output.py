"""What the command line prints: tables and sentences for people, one JSON value for programs.

Rules
- With `--json`, standard output is one JSON value and nothing else: bytes as hex, times as milliseconds. What is said
  to people is left out; an error is JSON too, on standard error.
- Nothing that comes from data is taken for markup or reaches the terminal as a control character.
- Long work shows a bar on a terminal, and a line every few seconds elsewhere; with `--json` neither.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from linlian.kernel.errors import LinlianError
from linlian.words import Tongue

Tell = Callable[[int, int], None]
"""Called with (done, of) while something long goes on."""

LINE_EVERY_S = 5.0
WONDER_S = 0.4
UNFOLDED = 100_000


class Output:
    """Where a verb says what it has to say."""

    def __init__(self, tongue: Tongue, as_json: bool, out: IO[str] | None = None, err: IO[str] | None = None):
        self.tongue = tongue
        self.as_json = as_json
        self._out = out or sys.stdout
        wide = None if self._out.isatty() else UNFOLDED
        self._people = Console(file=self._out, highlight=False, soft_wrap=True, width=wide)
        self._aside = Console(file=err or sys.stderr, highlight=False, soft_wrap=True)

    def text(self, name: str, /, style: str = "", **facts: Any) -> None:
        """One of Linlian's own texts."""
        self.say(self.tongue.text(name, **facts), style)

    def say(self, sentence: str, style: str = "") -> None:
        """A sentence for people."""
        if not self.as_json:
            self._people.print(Text(clean(sentence), style=style))

    def warn(self, name: str, /, **facts: Any) -> None:
        """A text that must be seen even where output goes to a file."""
        self._aside.print(Text(clean(self.tongue.text(name, **facts)), style="yellow"))

    def aside(self, sentence: str) -> None:
        """A sentence beside the result, which it never mixes with, wherever that goes."""
        self._aside.print(Text(clean(sentence), style="dim"))

    def value(self, value: Any) -> None:
        """The result for programs; people have been told already."""
        if self.as_json:
            self._out.write(encode_json(value) + "\n")

    def line(self, value: Any) -> None:
        """One of several values for programs, on a line of its own; for verbs that go on and on."""
        if self.as_json:
            self._out.write(encode_json(value, indent=None) + "\n")
            self._out.flush()

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", right: Sequence[int] = ()
    ) -> None:
        """A table for people; `right` numbers the columns that are right-aligned."""
        table = Table(box=None, pad_edge=False, title_justify="left", title_style="bold")
        table.title = Text(title) if title else None
        for number, column in enumerate(columns):
            justify: Literal["left", "right"] = "right" if number in right else "left"
            table.add_column(Text(column, style="dim"), justify=justify, overflow="fold")
        for row in rows:
            table.add_row(*(Text(clean(cell)) for cell in row))
        self._print_grid(table)

    def fits(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
        """Whether a table can be read on this terminal; a file or pipe takes any width."""
        if not self._people.is_terminal:
            return True
        widest = [max(cell_len(cell) for cell in cells) for cells in zip(columns, *rows, strict=True)]
        return sum(widest) + 2 * len(widest) <= self._people.width

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Labels and values, one pair a line."""
        table = Table.grid(padding=(0, 2))
        for label, value in pairs:
            table.add_row(Text(label, style="dim"), Text(clean(value), overflow="fold"))
        self._print_grid(table)

    def _print_grid(self, table: Table) -> None:
        """A terminal's lines are folded at its edge; a file or pipe has them whole, without blanks at their ends."""
        if self.as_json:
            return
        if self._people.is_terminal:
            self._people.print(table)
            return
        with self._people.capture() as captured:
            self._people.print(table)
        self._out.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))

    def error(self, error: LinlianError) -> None:
        """An error's sentence, its code, and its facts."""
        sentence = self.tongue.error(error)
        if self.as_json:
            told = {"error": {"code": error.code, "sentence": sentence, "facts": error.facts}}
            self._aside.file.write(encode_json(told) + "\n")
            return
        self._aside.print(Text(clean(sentence), style="bold red"))
        facts = " ".join(f"{name}={_short(value)}" for name, value in error.facts.items())
        self._aside.print(Text(clean(f"{error.code} {facts}".strip()), style="dim"))

    @contextmanager
    def progress(self, name: str, **facts: Any) -> Iterator[Tell]:
        """Show how far something long has come; `name` is the text that says what it is."""
        what = self.tongue.text(name, **facts)
        if self.as_json:
            yield _nothing
        elif not self._aside.is_terminal:
            yield self._lines(what)
        else:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            bar = Progress(*columns, console=self._aside, transient=True)
            try:
                yield _late(bar, clean(what).replace("[", "\\["))
            finally:
                bar.stop()

    def _lines(self, what: str) -> Tell:
        last = time.monotonic()

        def tell(done: int, of: int) -> None:
            nonlocal last
            if time.monotonic() - last >= LINE_EVERY_S:
                last = time.monotonic()
                self._aside.print(Text(f"{what} {done}/{of}"))

        return tell


def encode_json(value: Any, indent: int | None = 2) -> str:
    """JSON text, bytes in hex."""
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=indent)


def clean(text: str) -> str:
    """The text without control characters; a line break stays one."""
    return "".join(char if char == "\n" or (char.isprintable() or char == "\u3000") else "\ufffd" for char in text)


def _late(bar: Progress, what: str) -> Tell:
    """A bar that appears when the work has taken long enough for somebody to wonder."""
    began = time.monotonic()
    tasks: list[TaskID] = []

    def tell(done: int, of: int) -> None:
        if not tasks and time.monotonic() - began >= WONDER_S:
            bar.start()
            tasks.append(bar.add_task(what))
        for task in tasks:
            bar.update(task, completed=done, total=of)

    return tell


def _nothing(_done: int, _of: int) -> None:
    """Progress that nobody looks at."""


def _short(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
