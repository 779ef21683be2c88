"""Lists out of the register as XLSX; as CSV: web/csv_files.py."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from typing import BinaryIO, cast

import xlsxwriter

from ..web.csv_files import Cell


def xlsx_file(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> BinaryIO:
    """A workbook of one sheet in a temporary file, written row by row; texts are never formulas."""
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=1 << 22))  # noqa: SIM115  # the response closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(header):
            sheet.set_column(column, column, min(max(len(name) + 2, 12), 40))
            sheet.write_string(0, column, name, bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                elif isinstance(cell, int):
                    sheet.write_number(number, column, cell)
                elif cell:
                    sheet.write_string(number, column, cell)
    file.seek(0)
    return file


def _sheet_name(title: str) -> str:
    """Excel allows 31 characters and none of []:*?/\\ in a sheet's name."""
    return "".join(" " if c in "[]:*?/\\'" else c for c in title)[:31].strip() or "1"
