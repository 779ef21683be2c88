"""Lists out of the register open rightly in Excel, and no cell of them is a formula."""

import csv
import io
from datetime import date

import pytest
from openpyxl import load_workbook

from lms_bridge.register.exports import xlsx_file
from lms_bridge.web.csv_files import csv_file

HEADER = ["Navn", "Gyldig til", "Antall"]
ROWS = [["Åse Økland", date(2026, 3, 1), 3], ["Göran; Ström", None, None]]


def test_csv_has_the_mark_and_the_semicolons_that_nordic_excel_expects():
    data = b"".join(csv_file(HEADER, ROWS))
    assert data.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")) == [
        HEADER,
        ["Åse Økland", "2026-03-01", "3"],
        ["Göran; Ström", "", ""],
    ]


def test_xlsx_has_texts_numbers_and_true_dates():
    sheet = load_workbook(xlsx_file("Enhet: [1/2]", HEADER, ROWS)).active
    assert [cell.value for cell in sheet[2]][0::2] == ["Åse Økland", 3]
    assert sheet["B2"].is_date
    assert sheet["B2"].value.date() == date(2026, 3, 1)
    assert sheet["B3"].value is None


@pytest.mark.parametrize("evil", ['=HYPERLINK("x")', "+47 1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1"])
def test_a_name_that_looks_like_a_formula_stays_text(evil):
    text = b"".join(csv_file([evil], [[evil]])).decode("utf-8-sig")
    assert all(
        cell.startswith("'") for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row if cell
    )
    sheet = load_workbook(xlsx_file(evil, [evil], [[evil]])).active
    assert {sheet["A1"].data_type, sheet["A2"].data_type} == {"s"}


def test_csv_is_streamed():
    pieces = csv_file(["n"], ([f"row {n}"] for n in range(20_000)))
    assert len(next(pieces)) < 100_000
