"""Readings as PAGE-XML (PRImA, version 2019-07-15), the format that tools for transcribing and judging OCR exchange.

A page has one text region with its lines; a number is a Word, a digit a Glyph. Boxes are in pixels of the upright
picture. What a person says comes first among a number's texts (index 0), what was read stays beside it.
https://github.com/PRImA-Research-Lab/PAGE-XML
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from django.utils import timezone

from recognizer.domain.types import Box
from recognizer.models import DigitResult, Prediction, Upload
from recognizer.services.spreadsheet import NOT_XML

NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
SCHEMA = f"{NAMESPACE} {NAMESPACE}/pagecontent.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CREATOR = "Numeral"
OTHERS = 3
"""So many other digits are named beside the one that was read."""
LIKELY = 0.01


def page_xml(upload: Upload) -> bytes:
    """One page. Wants predictions, digits and corrections to be prefetched."""
    root = ET.Element("PcGts", {"xmlns": NAMESPACE, "xmlns:xsi": XSI, "xsi:schemaLocation": SCHEMA})
    root.set("pcGtsId", f"upload-{upload.id}")
    metadata = ET.SubElement(root, "Metadata", {"externalRef": str(upload.id)})
    ET.SubElement(metadata, "Creator").text = CREATOR
    ET.SubElement(metadata, "Created").text = upload.created_at.isoformat(timespec="seconds")
    ET.SubElement(metadata, "LastChange").text = timezone.now().isoformat(timespec="seconds")
    size = {"imageWidth": str(upload.width or 0), "imageHeight": str(upload.height or 0)}
    name = NOT_XML.sub("", upload.name) or f"{upload.id}"
    page = ET.SubElement(root, "Page", {"imageFilename": name, **size})
    words = [(prediction, said) for prediction in upload.predictions.all() if (said := _said(prediction)) != ""]
    if words:
        _region(page, upload, words)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _said(prediction: Prediction) -> str | None:
    """What a person says it is; empty where there is no number, or none was read; None where nobody said anything."""
    newest = next(iter(prediction.corrections.all()), None)
    if newest is not None:
        return newest.text
    return None if prediction.text else ""


def _region(page: ET.Element, upload: Upload, words: Sequence[tuple[Prediction, str | None]]) -> None:
    order = ET.SubElement(ET.SubElement(page, "ReadingOrder"), "OrderedGroup", {"id": "order"})
    ET.SubElement(order, "RegionRefIndexed", {"index": "0", "regionRef": "region"})
    region = ET.SubElement(page, "TextRegion", {"id": "region", "production": "handwritten-printscript"})
    _coords(region, upload, _around(prediction for prediction, _ in words))
    for line in sorted({prediction.line for prediction, _ in words}):
        _line(region, upload, line, [(prediction, said) for prediction, said in words if prediction.line == line])
    _text(region, upload.final_text)


def _line(region: ET.Element, upload: Upload, line: int, words: Sequence[tuple[Prediction, str | None]]) -> None:
    element = ET.SubElement(region, "TextLine", {"id": f"line-{line}"})
    _coords(element, upload, _around(prediction for prediction, _ in words))
    for prediction, said in words:
        _word(element, upload, prediction, said)
    _text(element, " ".join(said or prediction.text for prediction, said in words))


def _word(line: ET.Element, upload: Upload, prediction: Prediction, said: str | None) -> None:
    word = ET.SubElement(line, "Word", {"id": f"word-{prediction.order}"})
    _coords(word, upload, _box(prediction))
    digits = list(prediction.digits.all())
    if said is None or len(said) == len(digits):  # else nobody knows which digit is where
        for digit in digits:
            _glyph(word, upload, prediction, digit, None if said is None else said[digit.order])
    texts: list[tuple[str, float | None, str]] = [] if said is None else [(said, None, "said by a person")]
    if prediction.text:
        texts.append((prediction.text, prediction.confidence, "read"))
    if prediction.formatted not in ("", prediction.text):
        texts.append((prediction.formatted, None, "read, with the marks seen in it"))
    for index, (text, confidence, comment) in enumerate(texts):
        _text(word, text, confidence, index=index, comment=comment)


def _glyph(word: ET.Element, upload: Upload, prediction: Prediction, digit: DigitResult, said: str | None) -> None:
    glyph = ET.SubElement(word, "Glyph", {"id": f"glyph-{prediction.order}-{digit.order}"})
    _coords(glyph, upload, _box(digit))
    texts: list[tuple[str, float | None]] = [(str(digit.digit), digit.confidence)]
    if said is not None and said != str(digit.digit):
        texts.insert(0, (said, None))
    others = sorted(((p, str(value)) for value, p in enumerate(digit.probabilities)), reverse=True)
    known = {text for text, _ in texts}
    texts += [(text, p) for p, text in others if text not in known and p >= LIKELY][:OTHERS]
    for index, (text, confidence) in enumerate(texts):
        _text(glyph, text, confidence, index=index)


def _text(parent: ET.Element, text: str, confidence: float | None = None, *, index: int = 0, comment: str = "") -> None:
    attributes = {"index": str(index)}
    if confidence is not None:
        attributes["conf"] = f"{min(max(confidence, 0.0), 1.0):.4f}"
    if comment:
        attributes["comments"] = comment
    ET.SubElement(ET.SubElement(parent, "TextEquiv", attributes), "Unicode").text = text


def _coords(parent: ET.Element, upload: Upload, box: Box) -> None:
    """The corners, clockwise; the format knows no negative ones."""
    right, bottom = upload.width or box.right, upload.height or box.bottom
    xs = [str(min(max(x, 0), max(right - 1, 0))) for x in (box.x, box.right)]
    ys = [str(min(max(y, 0), max(bottom - 1, 0))) for y in (box.y, box.bottom)]
    corners = ((xs[0], ys[0]), (xs[1], ys[0]), (xs[1], ys[1]), (xs[0], ys[1]))
    ET.SubElement(parent, "Coords", {"points": " ".join(f"{x},{y}" for x, y in corners)})


def _around(predictions: Iterable[Prediction]) -> Box:
    boxes = [_box(prediction) for prediction in predictions]
    around = boxes[0]
    for box in boxes[1:]:
        around = around.union(box)
    return around


def _box(row: Prediction | DigitResult) -> Box:
    return Box(row.box_x, row.box_y, row.box_width, row.box_height)
