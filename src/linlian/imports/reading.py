"""Rows out of a file: CSV, JSON lines or a JSON array, plain or gzipped, in any encoding that Python knows.

Rules
- A row that cannot be read is a row all the same: it comes with its line and with what is wrong with it.
- A file that breaks off, or that is not in the encoding it is said to be in, is known as such before anything of it
  is used, because the whole of it is read first (`survey`).
- Encodings are never guessed silently. A byte order mark decides; without one it is UTF-8, or what the caller says.
  `likely_encoding` is for the message that asks them.

    for row in read_rows(Path("cases.csv.gz"), FileFormat()):
        row.line, row.values, row.problem
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO, cast

import msgspec

from linlian.imports.problems import ImportFailed, RowRejected

Format = Literal["", "csv", "jsonl", "json"]

_GZIP = b"\x1f\x8b"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ENDINGS: Mapping[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"
}  # fmt: skip
_SAMPLE_BYTES = 1 << 20

codecs.register_error("linlian.mark", lambda error: ("\udcff", cast("UnicodeDecodeError", error).end))
"""Bytes that are none of the encoding become half a surrogate pair, which no encoding writes (`_undecodable`)."""


class FileFormat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a mapping says of its files; empty is found out."""

    format: Format = ""
    delimiter: str = ","
    encoding: str = ""


class Row(NamedTuple):
    """One row: the line (in a JSON array: the number) where it begins, its columns, or what is wrong with it.

    Values of CSV are text; of JSON, what JSON has.
    """

    line: int
    values: dict[str, Any]
    problem: RowRejected | None = None

    def text(self, column: str) -> str:
        """The value as text without blanks around it; empty if there is none."""
        value = self.values.get(column)
        if isinstance(value, str):
            return value.strip()
        if value is None or isinstance(value, dict | list):
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value)


def read_rows(path: Path, file: FileFormat, needed: Sequence[str] = ()) -> Iterator[Row]:
    """All rows of a file, in its order; a table must have the `needed` columns. Raises ImportFailed, also half-way."""
    line = 0
    try:
        with _open_bytes(path) as data:
            encoding, kind = encoding_of(data.peek(4)[:4], file), file.format or _format(path, data)
            text = io.TextIOWrapper(data, encoding, errors="linlian.mark", newline="")
            for row in _READERS[kind](text, file, needed):
                line = row.line
                if row.problem is not None and row.problem.code == "import.undecodable" and not file.encoding:
                    raise ImportFailed("import.not_in_encoding", line=line, likely=likely_encoding(path))
                yield row
    except FileNotFoundError as error:
        raise ImportFailed("import.file_missing", path=str(path)) from error
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFailed("import.file_damaged", path=str(path), after_line=line, reason=str(error)[:200]) from error


def likely_encoding(path: Path) -> str:
    """What a file that is not UTF-8 may be: GB 18030 if its high bytes pair up as in GB 2312, else Windows-1252."""
    with _open_bytes(path) as data:
        sample = data.read(_SAMPLE_BYTES)
    pairs = singles = position = 0
    while position < len(sample):
        if sample[position] < 0x80:
            position += 1
        elif sample[position] >= 0xA1 and sample[position + 1 : position + 2] >= b"\xa1":
            pairs += 1
            position += 2
        else:
            singles += 1
            position += 1
    return "gb18030" if pairs > 4 * singles else "cp1252"


def _open_bytes(path: Path) -> io.BufferedReader:
    with path.open("rb") as file:
        zipped = file.read(2) == _GZIP
    return io.BufferedReader(cast("io.RawIOBase", gzip.open(path))) if zipped else path.open("rb")


def encoding_of(start: bytes, file: FileFormat) -> str:
    """The encoding of a file that begins so. Raises ImportFailed (`import.encoding_unknown`)."""
    try:
        wanted = codecs.lookup(file.encoding or "utf-8").name
    except LookupError as error:
        raise ImportFailed("import.encoding_unknown", encoding=file.encoding) from error
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), "")
    return marked if marked and (not file.encoding or marked.startswith(wanted)) else wanted


def _format(path: Path, data: io.BufferedReader) -> Format:
    """By the ending of the name, without `.gz`; else by the first character."""
    name = path.with_suffix("") if path.suffix == ".gz" else path
    known = _ENDINGS.get(name.suffix.lower(), "")
    first = data.peek(4).lstrip(codecs.BOM_UTF8).lstrip()[:1]
    return known or {b"[": "json", b"{": "jsonl"}.get(first, "csv")  # type: ignore[return-value]


def _csv_rows(text: TextIO, file: FileFormat, needed: Sequence[str]) -> Iterator[Row]:
    reader = csv.reader(text, delimiter=file.delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise ImportFailed("import.file_damaged", path="", after_line=0, reason=str(error)) from error
    yield from _check_header(header, needed)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            swallowed = RowRejected("import.row_malformed", until_line=reader.line_num, reason=str(error))
            yield Row(line, {}, swallowed)
            continue
        if cells is None:
            return
        if cells:
            problem = _undecodable("".join(cells))
            if problem is None and len(cells) != len(header):
                problem = RowRejected("import.fields_count", fields=len(cells), expected=len(header))
            yield Row(line, dict(zip(header, cells, strict=False)), problem)


def _check_header(header: list[str], needed: Sequence[str]) -> Iterator[Row]:
    """Raise ImportFailed: `import.file_empty`, `import.column_repeated`, `import.column_missing`."""
    problem = _undecodable("".join(header))
    if problem is not None:
        yield Row(1, {}, problem)
    if not any(header):
        raise ImportFailed("import.file_empty")
    for number, name in enumerate(header):
        if name in header[:number]:
            raise ImportFailed("import.column_repeated", column=name)
    missing = [name for name in needed if name not in header]
    if missing:
        raise ImportFailed("import.column_missing", columns=", ".join(missing), there=", ".join(header)[:400])


def _json_lines(text: TextIO, _: FileFormat, __: Sequence[str]) -> Iterator[Row]:
    for line, words in enumerate(text, 1):
        if not words.strip():
            continue
        try:
            value = _parse(words)
        except ValueError as error:
            problem = _undecodable(words) or RowRejected(
                "import.row_malformed", until_line=line, reason=str(error)[:200]
            )
            yield Row(line, {}, problem)
        else:
            yield _object(line, value, words)


def _json_array(text: TextIO, _: FileFormat, __: Sequence[str]) -> Iterator[Row]:
    """The objects of an array, as an Open311 server answers (GeoReport v2, GET Service Requests); or one alone."""
    words = text.read()
    if not words.strip():
        raise ImportFailed("import.file_empty")
    try:
        value = _parse(words)
    except ValueError as error:
        raise ImportFailed("import.file_damaged", path="", after_line=0, reason=str(error)[:200]) from error
    for number, item in enumerate(value if isinstance(value, list) else [value], 1):
        yield _object(number, item, words)


def _parse(words: str) -> Any:
    """JSON (RFC 8259), without what Python adds to it. Raises ValueError."""
    try:
        return json.loads(words, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _object(line: int, value: Any, words: str) -> Row:
    if not isinstance(value, dict):
        return Row(line, {}, RowRejected("import.not_an_object", found=type(value).__name__))
    problem = _undecodable(as_json(value))
    if problem is not None and _undecodable(words) is None:
        problem = RowRejected("import.row_malformed", until_line=line, reason="it spells out half a surrogate pair")
    return Row(line, value, problem)


def as_json(values: dict[str, Any]) -> str:
    """The row as JSON, without blanks; a CSV row is an object of texts."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _undecodable(words: str) -> RowRejected | None:
    """What was not readable as text cannot be written as UTF-8."""
    try:
        words.encode()
    except UnicodeEncodeError:
        return RowRejected("import.undecodable")
    return None


_READERS: Mapping[str, Callable[[TextIO, FileFormat, Sequence[str]], Iterator[Row]]] = {
    "csv": _csv_rows,
    "jsonl": _json_lines,
    "json": _json_array,
}
