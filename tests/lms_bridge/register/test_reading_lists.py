"""Lists from LMSs and HR systems: every guise of CSV and XLSX, and every way they break."""

import io
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from lms_bridge.register import tables, workbooks
from lms_bridge.register.tables import Unreadable, read

LIST = "Ansattnummer;Navn;Fullført dato\r\n1001;Gro Åsbø;01.03.2026\r\n1002;Henrik Økland;02.03.2026\r\n"
ROWS = [("1001", "Gro Åsbø", "01.03.2026"), ("1002", "Henrik Økland", "02.03.2026")]


def cells(data):
    table = read(io.BytesIO(data))
    return table.header, [row.cells for row in table.rows]


def refusal(data):
    with pytest.raises(Unreadable) as refused:
        list(read(io.BytesIO(data)).rows)
    return str(refused.value)


def workbook(*rows):
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        LIST.encode(),
        LIST.encode("utf-8-sig"),
        LIST.encode("latin-1"),
        LIST.encode("cp1252"),
        b"\xef\xbb\xbf" + LIST.encode("latin-1"),
        LIST.encode("utf-16"),
        LIST.encode("utf-16-le"),
        LIST.encode("utf-16-be"),
        b"\xfe\xff" + LIST.encode("utf-16-be"),
        LIST.replace("\r\n", "\n").encode(),
        LIST.replace("\r\n", "\r").encode(),
        LIST.replace(";", ",").encode(),
        LIST.replace(";", "\t").encode(),
        b"\xff\xfe" + LIST.replace(";", "\t").encode("utf-16-le"),
        ("sep=;\r\n" + LIST).encode(),
        ("\r\n\r\n" + LIST).encode(),
        LIST.replace("\r\n1002", "\r\n;;\r\n\r\n1002").encode(),
        LIST.rstrip().encode(),
        LIST.replace("Gro Åsbø", '"Gro Åsbø"').encode(),
        LIST.replace(";Navn", " ; Navn ").encode(),
        LIST.replace("Fullført dato", "Fullført dato;;").encode(),
    ],
    ids=[
        "UTF-8",
        "UTF-8 with BOM",
        "Latin-1",
        "Windows-1252",
        "Latin-1 with a BOM",
        "UTF-16",
        "UTF-16 LE without BOM",
        "UTF-16 BE without BOM",
        "UTF-16 BE with BOM",
        "LF",
        "CR alone",
        "commas",
        "tabs",
        "Moodle's CSV for Excel",
        "sep= line",
        "blank lines before",
        "blank lines between",
        "no last line ending",
        "quoted",
        "spaces around",
        "headings without a name",
    ],
)
def test_the_same_list_in_every_guise(data):
    assert cells(data) == (("Ansattnummer", "Navn", "Fullført dato"), ROWS)


def test_quoted_cells_hold_separators_quotes_and_lines():
    data = 'Navn;Kommentar\n"Gro; Åsbø";"sa ""ja""\nto ganger"\n'.encode()
    assert cells(data)[1] == [("Gro; Åsbø", 'sa "ja"\nto ganger')]


def test_rows_carry_the_number_that_the_spreadsheet_shows():
    table = read(io.BytesIO(b'Navn;Dato\n\nGro;1\n;\n"Hen\nrik";2\n'))
    assert [row.number for row in table.rows] == [3, 5]


class TestBadFiles:
    @pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\r\n \r\n", b";;\n;;\n"])
    def test_an_empty_file(self, data):
        assert "The file is empty" in refusal(data)

    @pytest.mark.parametrize(
        "start",
        [
            b"<!DOCTYPE html>",
            b"\n <html lang=nb>",
            b"\xef\xbb\xbf<HTML>",
            b"<?xml version='1.0'?>",
            b"<table>",
        ],
    )
    def test_a_web_page_with_status_200(self, start):
        assert "This is a web page, not a list" in refusal(start + b"<title>Logg inn</title>")

    def test_a_list_cut_short_inside_quotes(self):
        assert "after row 3" in refusal(LIST.encode() + b'1003;"Emma Li')

    def test_a_list_cut_short_between_cells(self):
        rows = list(read(io.BytesIO(LIST.encode() + b"1003;Emm")).rows)
        assert [row.problem is None for row in rows] == [True, True, False]
        assert str(rows[2].problem) == "The file ends in the middle of this row. Export the list again."

    def test_a_row_with_a_separator_inside_a_value(self):
        rows = list(read(io.BytesIO(LIST.encode() + b"1003;Li; Emma;03.03.2026\n")).rows)
        assert rows[2].number == 4
        assert "separator inside a value" in str(rows[2].problem)

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"%PDF-1.7\n", "This is not a list"),
            (b'{"error": "login"}', "This is not a list"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "This is not a list"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old or password-protected"),
            (bytes(range(256)) * 8, "This is not a list"),
        ],
    )
    def test_other_files(self, data, sentence):
        assert sentence in refusal(data)

    def test_a_file_beyond_the_limit(self, monkeypatch):
        monkeypatch.setattr(tables, "MAX_BYTES", 2**20)
        assert "larger than 1 MB" in refusal(b"Navn\n" + b"x" * 2**20)

    def test_too_many_columns(self):
        assert "has 300 columns" in refusal(";".join(["k"] * 300).encode() + b"\n")

    def test_a_cell_of_a_megabyte_is_cut_and_said(self):
        rows = list(read(io.BytesIO(b"Navn;Dato\n" + b"x" * 5000 + b";1\n")).rows)
        assert "longer than 4000" in str(rows[0].problem)


class TestWorkbooks:
    def test_texts_numbers_and_dates(self):
        data = workbook(
            ["Ansattnummer", "Navn", "Fullført dato", "Poeng"],
            [1001, "Gro Åsbø", date(2026, 3, 1), 87.5],
            [None, None, None, None],
            [1002.0, " Henrik ", datetime(2026, 3, 2, 14, 30), None],  # noqa: DTZ001
        )
        assert cells(data)[1] == [
            ("1001", "Gro Åsbø", "2026-03-01", "87.5"),
            ("1002", "Henrik", "2026-03-02 14:30:00", ""),
        ]

    def test_a_formula_gives_its_stored_result_and_is_never_run(self):
        data = workbook(["Navn", "Dato"], ['=HYPERLINK("http://evil.example","Gro")', "2026-03-01"])
        assert cells(data)[1] == [("", "2026-03-01")]

    def test_an_error_cell_is_said_at_its_row(self):
        table = read(io.BytesIO(workbook(["Navn", "Dato"], ["Gro", "#N/A"])))
        assert "#N/A" in str(next(table.rows).problem)

    def test_a_workbook_cut_short(self):
        data = workbook(["Navn"], ["Gro"])
        assert "damaged or not complete" in refusal(data[: len(data) // 2])

    def test_a_workbook_with_damaged_inside(self):
        data = bytearray(workbook(["Navn"], *([f"Gro {n}"] for n in range(500))))
        middle = data.index(b"xl/worksheets/sheet1.xml") + 200
        data[middle : middle + 50] = bytes(50)
        assert "damaged or not complete" in refusal(bytes(data))

    def test_another_zip(self):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("liste.csv", LIST)
        assert "not an Excel list" in refusal(file.getvalue())

    def test_a_zip_bomb_is_refused_before_it_is_unpacked(self):
        file = io.BytesIO(workbook(["Navn"], ["Gro"]))
        with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
            for part in range(11):
                archive.writestr(f"xl/media/{part}.bin", bytes(10 * 2**20))
        assert "too large when unpacked" in refusal(file.getvalue())

    @pytest.mark.parametrize("sheet", [b"sheet1.xml", b"sheet1.dat"])
    def test_entities_are_refused_before_the_parser(self, sheet: bytes):
        file, bomb = io.BytesIO(), io.BytesIO(workbook(["Navn"], ["Gro"]))
        with zipfile.ZipFile(bomb) as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                text = old.read(name).replace(b"sheet1.xml", sheet)
                if name.endswith("sheet1.xml"):
                    text = b'<!DOCTYPE x [<!ENTITY a "lol">]>' + text
                new.writestr(name.replace("sheet1.xml", sheet.decode()), text)
        assert "damaged" in refusal(file.getvalue())
        assert workbooks.MAX_UNPACKED < 2**30


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)


@given(
    st.lists(st.lists(texts, min_size=3, max_size=3), max_size=6),
    st.sampled_from([";", ",", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_is_written_as_csv_is_read_back(rows, delimiter, encoding):
    import csv

    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    expected = [tuple(cell.strip().strip("\ufeff") for cell in row) for row in rows]
    header, found = cells(text.getvalue().encode(encoding))
    assert header == ("a", "b", "c")
    assert found == [row for row in expected if any(row)]


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_sentence(data):
    said = ""
    try:
        assert all(row.number > 0 for row in read(io.BytesIO(data)).rows)
    except Unreadable as refused:
        said = str(refused)
    assert said == "" or said.endswith(".")
