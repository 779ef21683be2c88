"""Lists as CSV that opens rightly in the office's Excel."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

Cell = str | int | date | None
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """UTF-8 with a mark and semicolons, as Nordic Excel expects; streamed.

    A text that begins as a formula does gets an apostrophe before it, so that it
    stays text where it is opened.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([_harmless(name) for name in header])
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
        if buffer.tell() > 1 << 15:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _harmless(cell: Cell) -> str:
    if cell is None:
        return ""
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return "'" + text if isinstance(cell, str) and text.startswith(_FORMULA_STARTS) else text
