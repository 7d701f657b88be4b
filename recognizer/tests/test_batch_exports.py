"""One batch as a file: tables, PAGE-XML, and pictures with what was read drawn on them."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
import uuid
import zipfile
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import User
from recognizer.models import Batch, BatchItem, Upload
from recognizer.services.page_xml import NAMESPACE
from recognizer.services.review import prediction_correct
from recognizer.services.zip_stream import member_name, zip_stream
from recognizer.tests.batches import make_batch, make_item

SignIn = Callable[[User], Client]
PAGE = f"{{{NAMESPACE}}}"
ORDER = {
    "PcGts": ["Metadata", "Page"],
    "Metadata": ["Creator", "Created", "LastChange"],
    "Page": ["ReadingOrder", "TextRegion"],
    "ReadingOrder": ["OrderedGroup"],
    "OrderedGroup": ["RegionRefIndexed"],
    "TextRegion": ["Coords", "TextLine", "TextEquiv"],
    "TextLine": ["Coords", "Word", "TextEquiv"],
    "Word": ["Coords", "Glyph", "TextEquiv"],
    "Glyph": ["Coords", "TextEquiv"],
    "TextEquiv": ["Unicode"],
}
"""Which elements may stand in which, in the order that the schema asks for."""
WANTED = {
    "Page": {"imageFilename", "imageWidth", "imageHeight"},
    "OrderedGroup": {"id"},
    "RegionRefIndexed": {"index", "regionRef"},
    **{name: {"id"} for name in ("TextRegion", "TextLine", "Word", "Glyph")},
    "Coords": {"points"},
}
POINTS = re.compile(r"([0-9]+,[0-9]+ )+([0-9]+,[0-9]+)")

pytestmark = pytest.mark.usefixtures("model")


@pytest.fixture
def batch(alice: User) -> Batch:
    """Alice's three pages: two with numbers, one without any."""
    return make_batch(alice, "407", "12 5", "", picture=True)


def export(client: Client, batch: Batch, kind: str) -> tuple[bytes, str]:
    response: Any = client.get(f"/batches/{batch.id}/export/?format={kind}")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"
    return b"".join(response.streaming_content), response.headers["Content-Type"]


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def name_of(element: ET.Element) -> str:
    assert element.tag.startswith(PAGE), element.tag
    return element.tag.removeprefix(PAGE)


def check_structure(data: bytes) -> ET.Element:
    """What the schema asks of these elements, by hand: where they stand, what they must have, which values fit."""
    root = ET.fromstring(data)
    assert name_of(root) == "PcGts"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        name, inner = name_of(element), [name_of(child) for child in element]
        places = [ORDER.get(name, []).index(child) for child in inner]
        assert places == sorted(places), (name, inner)
        assert WANTED.get(name, set()) <= set(element.keys()), name
        if name == "Coords":
            assert POINTS.fullmatch(element.get("points", ""))
        if name in ("TextRegion", "TextLine", "Word", "Glyph"):
            assert inner.count("Coords") == 1
            indices = [child.get("index") for child in element if child.tag == f"{PAGE}TextEquiv"]
            assert indices == [str(number) for number in range(len(indices))]
        if name == "TextEquiv":
            assert 0 <= float(element.get("conf", "0")) <= 1
        if name in ("Created", "LastChange"):
            assert parse_datetime(element.text or "")
        assert re.fullmatch(r"[A-Za-z_][\w.-]*", element.get("id", "x"))
    assert {ref.get("regionRef") for ref in root.iter(f"{PAGE}RegionRefIndexed")} <= set(ids)
    return root


def texts(root: ET.Element, name: str) -> list[list[str | None]]:
    equivs = [element.findall(f"{PAGE}TextEquiv") for element in root.iter(f"{PAGE}{name}")]
    return [[equiv.findtext(f"{PAGE}Unicode") for equiv in found] for found in equivs]


def test_tables_of_a_batch_stand_in_its_order(batch: Batch, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    data, kind = export(client, batch, "csv")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row["text"] for row in rows] == ["407", "12 5", ""]
    assert kind == "text/csv; charset=utf-8"
    lines = export(client, batch, "json")[0].splitlines()
    assert [json.loads(line)["file"] for line in lines] == ["page 0.png", "page 1.png", "page 2.png"]
    assert "xl/workbook.xml" in members(export(client, batch, "xlsx")[0])


def test_several_pages_are_an_archive_of_page_xml(batch: Batch, alice: User, signed_in: SignIn) -> None:
    data, kind = export(signed_in(alice), batch, "page-xml")
    files = members(data)
    assert kind == "application/zip"
    assert list(files) == ["00001-page 0.xml", "00002-page 1.xml", "00003-page 2.xml"]
    first, second, empty = (check_structure(content) for content in files.values())
    page = first.find(f"{PAGE}Page")
    assert page is not None
    assert (page.get("imageFilename"), page.get("imageWidth"), page.get("imageHeight")) == ("page 0.png", "800", "600")
    assert texts(first, "Word") == [["407"]]
    assert [glyph[0] for glyph in texts(first, "Glyph")] == ["4", "0", "7"]
    assert texts(first, "Glyph")[0][1:] == ["5", "6"]
    assert texts(second, "TextLine") == [["12 5"]]
    [coords] = [word.find(f"{PAGE}Coords") for word in first.iter(f"{PAGE}Word")]
    assert coords is not None
    assert coords.get("points") == "100,220 280,220 280,310 100,310"
    assert not list(empty.iter(f"{PAGE}TextRegion"))


def test_a_single_page_is_no_archive(alice: User, signed_in: SignIn) -> None:
    data, kind = export(signed_in(alice), make_batch(alice, "7"), "page-xml")
    assert kind == "application/xml"
    assert texts(check_structure(data), "Word") == [["7"]]


def test_what_a_person_said_comes_before_what_was_read(batch: Batch, alice: User, signed_in: SignIn) -> None:
    first, second, _ = [item.upload for item in batch.items.order_by("order")]
    assert first is not None
    assert second is not None
    prediction_correct(prediction=first.predictions.get(), author=alice, text="401")
    twelve, five = second.predictions.order_by("order")
    prediction_correct(prediction=twelve, author=alice, text="123")
    prediction_correct(prediction=five, author=alice, text="", no_number=True)
    files = members(export(signed_in(alice), batch, "page-xml")[0])
    same_length, another, _ = (check_structure(content) for content in files.values())
    assert texts(same_length, "Word") == [["401", "407"]]
    assert [glyph[:2] for glyph in texts(same_length, "Glyph")] == [["4", "5"], ["0", "1"], ["1", "7"]]
    assert texts(another, "Word") == [["123", "12"]]
    assert not texts(another, "Glyph")


def test_odd_names_make_no_odd_file(alice: User, signed_in: SignIn) -> None:
    batch = make_batch(alice, "1", "2")
    Upload.objects.filter(final_text="1").update(name="../../<&\x0b\x01évil\u202e.png")
    files = members(export(signed_in(alice), batch, "page-xml")[0])
    assert all("/" not in name and "\\" not in name for name in files)
    assert [texts(check_structure(content), "Word") for content in files.values()] == [[["1"]], [["2"]]]


@pytest.mark.parametrize("given", ["", "...", "/", "CON", "a/b\\c.png", "ü" * 300, "\r\n", ".."])
def test_every_member_has_a_name_of_its_own(given: str) -> None:
    name = member_name(7, given, ".xml")
    assert re.fullmatch(r"00007(-[^/\\\r\n]{1,80})?\.xml", name)


def test_pictures_are_drawn_on_and_the_others_listed(batch: Batch, alice: User, signed_in: SignIn) -> None:
    make_item(batch, 3, state=BatchItem.State.FAILED, error_message="This picture is damaged.")
    make_item(batch, 4, state=BatchItem.State.CANCELLED)
    second = batch.items.get(order=1).upload
    assert second is not None
    second.image.delete()
    data, kind = export(signed_in(alice), batch, "overlays")
    files = members(data)
    assert kind == "application/zip"
    assert list(files) == ["00001-page 0.jpg", "not-drawn.txt"]
    drawn = cv2.imdecode(np.frombuffer(files["00001-page 0.jpg"], np.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None
    assert drawn.shape == (600, 800, 3)
    spread = drawn.max(axis=2).astype(int) - drawn.min(axis=2)
    coloured = np.argwhere(spread > 60)
    assert coloured.size  # the paper is grey: only what was drawn has a colour
    top, left = coloured.min(axis=0)
    assert 90 <= left <= 102
    assert 130 <= top <= 222
    assert files["not-drawn.txt"].decode().splitlines() == [
        "page 1.png: The picture was not kept. It says: 12 5",
        "page 2.png: No digit was found.",
        "page 3.png: This picture is damaged.",
        "page 4.png: Cancelled",
    ]


def test_a_file_that_is_gone_is_listed_and_the_rest_is_drawn(
    batch: Batch, alice: User, signed_in: SignIn, private_files: Callable[[], set[str]]
) -> None:
    first = batch.items.get(order=0).upload
    assert first is not None
    first.image.storage.delete(first.image.name or "")
    files = members(export(signed_in(alice), batch, "overlays")[0])
    assert list(files) == ["00002-page 1.jpg", "not-drawn.txt"]
    assert "page 0.png: The picture was not kept" in files["not-drawn.txt"].decode()


def test_the_trash_is_in_no_export(batch: Batch, alice: User, signed_in: SignIn) -> None:
    Upload.objects.update(deleted_at=timezone.now())
    client = signed_in(alice)
    assert export(client, batch, "json")[0] == b""
    assert members(export(client, batch, "page-xml")[0]) == {}
    assert members(export(client, batch, "overlays")[0]) == {}


def test_a_large_archive_takes_no_more_memory_than_a_small_one() -> None:
    def peak(count: int) -> int:
        given = ((f"{number}.jpg", bytes(200_000)) for number in range(count))
        tracemalloc.start()
        try:
            for _ in zip_stream(members=given):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(400) < 2 * peak(20)


@pytest.mark.parametrize("query", ["", "?format=pdf", "?format=page-xml%00"])
def test_another_format_is_refused_with_a_sentence(batch: Batch, alice: User, signed_in: SignIn, query: str) -> None:
    response = signed_in(alice).get(f"/batches/{batch.id}/export/{query}")
    assert response.status_code == 400
    assert b"page-xml or overlays" in response.content


def test_a_batch_is_exported_for_its_owner_alone_and_by_get(
    batch: Batch, alice: User, bob: User, client: Client, signed_in: SignIn
) -> None:
    address = f"/batches/{batch.id}/export/?format=csv"
    assert client.get(address).headers["Location"].startswith("/accounts/login/")
    assert signed_in(bob).get(address).status_code == 404
    assert signed_in(alice).get(f"/batches/{uuid.uuid4()}/export/?format=csv").status_code == 404
    assert signed_in(alice).post(address).status_code == 405
