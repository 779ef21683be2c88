"""Reads the first sheet of an XLSX file that nobody vouches for."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ..errors import N_
from .tables import Problem, Row, Unreadable

MAX_UNPACKED = 100 * 1024 * 1024
MAX_PARTS = 500
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    ParseError,
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
_DAMAGED = N_("The Excel file is damaged or not complete. Export the list again and choose the new file.")


def read_workbook(stream: BinaryIO) -> Iterator[Row]:
    """Rows of the first sheet as text, dates in ISO form; formulas give their stored results.

    The zip is judged before anything of it is parsed: number of parts, unpacked
    size, and any DOCTYPE (openpyxl's own XML parser would expand entities).
    """
    try:
        _judge(stream)
        stream.seek(0)
        book = load_workbook(stream, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
    except Unreadable:
        raise
    except _BROKEN as error:
        raise Unreadable(_DAMAGED) from error
    return _rows(sheet)


def _rows(sheet: object) -> Iterator[Row]:
    try:
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):  # type: ignore[attr-defined]
            yield Row(number, tuple(_text(cell) for cell in cells), _problem(cells))
    except _BROKEN as error:
        raise Unreadable(_DAMAGED) from error


def _judge(stream: BinaryIO) -> None:
    """Raises `Unreadable` for what is no workbook, too large unpacked, or declares a DOCTYPE."""
    with zipfile.ZipFile(stream) as parts:
        names = parts.namelist()
        if "xl/workbook.xml" not in {name.lstrip("/") for name in names}:
            raise Unreadable(
                N_("This zip file is not an Excel list. Choose the CSV or XLSX file that is inside it.")
            )
        unpacked = sum(part.file_size for part in parts.infolist())
        if len(names) > MAX_PARTS or unpacked > MAX_UNPACKED:
            raise Unreadable(
                N_("The Excel file is too large when unpacked. Save the one sheet you need as CSV.")
            )
        for part in parts.infolist():  # a sheet may have any name
            _refuse_doctype(parts, part)


def _refuse_doctype(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    tail = b""
    with parts.open(part) as file:
        while chunk := file.read(1 << 16):
            text = tail + chunk.replace(b"\0", b"")
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise Unreadable(_DAMAGED)
            tail = text[-16:]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _problem(cells: tuple[object, ...]) -> Problem | None:
    error = next((c for c in cells if isinstance(c, str) and c in _ERRORS), None)
    return Problem(N_("A cell holds Excel's error %(error)s."), {"error": error}) if error else None


_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}
