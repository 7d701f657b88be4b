"""A spreadsheet (.xlsx, ECMA-376) written as it goes: rows in, bytes out, nothing kept.

Every text is an inline string, which no program takes for a formula, and keeps its leading noughts.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

from recognizer.services.zip_stream import Pipe

MOST_ROWS = 1_048_576
"""Of one sheet; then another one begins, with the same first row."""
ROWS_AT_ONCE = 200
LONGEST_TEXT = 32_767
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

Cell = str | int | float | None


def spreadsheet_stream(
    *, columns: Sequence[str], rows: Iterable[Sequence[Cell]], most_rows: int = MOST_ROWS
) -> Iterator[bytes]:
    """The file in pieces: ``columns`` first, then ``rows``, on as many sheets as they need."""
    pipe, rest, sheets = Pipe(), iter(rows), 0
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        pending = next(rest, None)
        while not sheets or pending is not None:
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                sheet.write(f'{HEADER}<worksheet xmlns="{MAIN}"><sheetData>{_row(columns)}'.encode())
                for written in range(1, most_rows):
                    if pending is None:
                        break
                    sheet.write(_row(pending).encode())
                    pending = next(rest, None)
                    if written % ROWS_AT_ONCE == 0:
                        yield pipe.take()
                sheet.write(b"</sheetData></worksheet>")
        _finish(archive, sheets)
    yield pipe.take()


def _row(cells: Sequence[Cell]) -> str:
    return f"<row>{''.join(_cell(cell) for cell in cells)}</row>"


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, str):
        text = escape(NOT_XML.sub("", cell)[:LONGEST_TEXT]).replace("\r", "&#13;")
        return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f"<c><v>{cell!r}</v></c>"


def _finish(archive: zipfile.ZipFile, sheets: int) -> None:
    """What names the sheets: it comes last, since only then their number is known."""
    numbers = range(1, sheets + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPE}.worksheet+xml"/>' for n in numbers
    )
    names = "".join(f'<sheet name="Readings {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    files = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>{parts}</Types>',
    }
    for name, content in files.items():
        archive.writestr(name, HEADER + content)
