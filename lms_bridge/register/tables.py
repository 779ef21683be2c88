"""Reads the lists that LMSs and HR systems export: CSV in any of its guises, and XLSX.

Untrusted and often broken in ways their owners cannot see, so everything that is
wrong is said as a sentence that tells the person what to do. Rows are streamed
and carry the number that a spreadsheet shows for them.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from ..errors import N_

MAX_BYTES = 20 * 1024 * 1024
MAX_COLUMNS = 200
MAX_CELL = 4000
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Problem:
    """A sentence for a person: an English message id and what fills its %(gaps)s."""

    message: str
    params: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.params


class Unreadable(Exception):
    """The file as a whole cannot be read; `problem` says why and what to do."""

    def __init__(self, message: str, **params: object) -> None:
        self.problem = Problem(message, params)
        super().__init__(str(self.problem))


@dataclass(frozen=True)
class Row:
    """`number`: as the spreadsheet shows it. `problem`: why its cells cannot be trusted."""

    number: int
    cells: tuple[str, ...]
    problem: Problem | None = None


@dataclass(frozen=True)
class Table:
    """The headings and, to be read once, the rows below them (never an empty one)."""

    header: tuple[str, ...]
    rows: Iterator[Row]


def read(stream: BinaryIO) -> Table:
    """Reads a seekable binary stream as CSV or XLSX, by what is in it, not by its name.

    Raises `Unreadable` at once for what is no table, and from `rows` where only
    reading further shows it (a file cut short).
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    start = stream.read(2048)
    stream.seek(0)
    if size > MAX_BYTES:
        raise Unreadable(
            N_("The file is larger than %(limit)s MB. Export fewer columns or a shorter period."),
            limit=MAX_BYTES // 2**20,
        )
    if start.startswith(b"PK"):
        from .workbooks import read_workbook

        return with_header(read_workbook(stream))
    _refuse_what_is_no_list(start)
    encoding = _encoding(stream, start)
    return with_header(_read_csv(stream, encoding))


def with_header(rows: Iterator[Row]) -> Table:
    """Takes the first row that has text as the headings and pads the others to them."""
    header = next((row for row in rows if any(row.cells)), None)
    if header is None:
        raise Unreadable(N_("The file is empty. Export the list again and choose the new file."))
    if header.problem:
        raise Unreadable(header.problem.message, **header.problem.params)
    names = list(header.cells)
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise Unreadable(
            N_("The file has %(count)s columns; at most %(limit)s can be read. Export fewer columns."),
            count=len(names),
            limit=MAX_COLUMNS,
        )
    return Table(tuple(names), _fitted(rows, len(names)))


def _fitted(rows: Iterator[Row], width: int) -> Iterator[Row]:
    for row in rows:
        if not any(row.cells):
            continue
        cells, problem = row.cells, row.problem
        if any(cells[width:]):
            problem = problem or Problem(
                N_("The row has more cells than there are headings. Is there a separator inside a value?")
            )
        if any(len(cell) > MAX_CELL for cell in cells):
            cells = tuple(cell[:MAX_CELL] for cell in cells)
            problem = problem or Problem(
                N_("A cell is longer than %(limit)s characters."), {"limit": MAX_CELL}
            )
        yield Row(row.number, (*cells[:width], *[""] * (width - len(cells))), problem)


def _refuse_what_is_no_list(start: bytes) -> None:
    text = start.replace(b"\0", b"").removeprefix(codecs.BOM_UTF8).removeprefix(codecs.BOM_UTF16_LE)
    text = text.removeprefix(codecs.BOM_UTF16_BE).lstrip().lower()
    if not text:
        raise Unreadable(N_("The file is empty. Export the list again and choose the new file."))
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<table", b"<!--")):
        raise Unreadable(
            N_(
                "This is a web page, not a list. Often the sign-in had run out when the file was saved. "
                "Sign in to the other system, export the list as CSV or XLSX, and choose the new file."
            )
        )
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            N_("This is an old or password-protected Excel file. Save it as .xlsx without a password.")
        )
    if text.startswith((b"%pdf", b"{", b"\x89png", b"\xff\xd8\xff", b"gif8")):
        raise Unreadable(N_("This is not a list. Export the list as CSV or XLSX and choose that file."))


def _encoding(stream: BinaryIO, start: bytes) -> str:
    """UTF-8 if the whole file is; UTF-16 by its mark or its zeros; otherwise Western European."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start:
        even, odd = start[::2].count(0), start[1::2].count(0)
        if max(even, odd) > len(start) // 8 and min(even, odd) < max(even, odd) // 8 + 1:
            return "utf-16-le" if odd > even else "utf-16-be"
        raise Unreadable(N_("This is not a list. Export the list as CSV or XLSX and choose that file."))
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    encoding = "utf-8-sig"
    while chunk := stream.read(_CHUNK):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            encoding = "western"
            break
    stream.seek(0)
    return encoding


class _Lines:
    """Text lines as they stand; `cut` says that the last one given had no line ending."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        if encoding == "western" and stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        codec = "cp1252" if encoding == "western" else encoding
        self._text = io.TextIOWrapper(stream, codec, errors="replace", newline="")
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._text).replace("\0", "")
        self.cut = not line.endswith(("\n", "\r"))
        return line

    def release(self) -> None:
        """Leaves the stream open for whoever owns it."""
        with suppress(ValueError):
            self._text.detach()


def _read_csv(stream: BinaryIO, encoding: str) -> Iterator[Row]:
    lines = _Lines(stream, encoding)
    number = 0
    try:
        first = next(lines, "")
        while first and not first.strip():
            first, number = next(lines, ""), number + 1
        if first.lower().startswith("sep=") and len(first.strip()) == 5:
            delimiter, number = first[4], number + 1
            first = next(lines, "")
        else:
            delimiter = _delimiter(first)
        width = 0
        for cells in csv.reader(chain([first], lines), delimiter=delimiter, strict=True):
            number += 1
            row = tuple(cell.strip().strip("\ufeff") for cell in cells)
            width = width or len(row)
            short = lines.cut and len(row) < width
            yield Row(number, row, Problem(_CUT_SHORT) if short else None)
    except csv.Error as error:
        raise Unreadable(
            N_(
                "The file breaks off or cannot be read after row %(row)s: a quotation mark is not closed, "
                "or the file was cut short. Export the list again."
            ),
            row=number,
        ) from error
    finally:
        lines.release()


_CUT_SHORT = N_("The file ends in the middle of this row. Export the list again.")


def _delimiter(line: str) -> str:
    """The separator that the headings use most, outside quotation marks."""
    outside = "".join(line.split('"')[::2])
    return max(";,\t|", key=outside.count)
