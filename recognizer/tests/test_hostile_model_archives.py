"""What arrives as a model is checked to the last byte before it is registered."""

from __future__ import annotations

import base64
import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from accounts.models import User
from recognizer.domain.errors import BadModel
from recognizer.models import ModelVersion
from recognizer.services import archive_contents
from recognizer.services.registry import model_activate
from recognizer.tests.model_archive_files import (
    Files,
    exported,
    folders,
    nothing_came_of_it,
    packed,
    sealed,
    take_in,
    tiny_model,
    try_networks_here,
    unpacked,
    with_card,
    with_manifest,
    with_network,
)
from recognizer.tests.tiny_networks import digit_network, number_network


@pytest.fixture(autouse=True)
def _tried_here(monkeypatch: pytest.MonkeyPatch) -> None:
    try_networks_here(monkeypatch)


@pytest.fixture
def tiny(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    """A tiny digit model beside the active one."""
    return tiny_model(tmp_path)


def bomb(files: Files) -> bytes:
    return packed({**files, "zeros.bin": b"\0" * (2**20)})


def linked(files: Files) -> bytes:
    stream = io.BytesIO(packed({name: data for name, data in files.items() if name != "model.tflite"}))
    with zipfile.ZipFile(stream, "a") as archive:
        entry = zipfile.ZipInfo("model.tflite")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return stream.getvalue()


def twice(files: Files) -> bytes:
    stream = io.BytesIO(packed(files))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("model.tflite", b"another")
    return stream.getvalue()


def encrypted(files: Files) -> bytes:
    archive = bytearray(packed(files))
    at = archive.index(b"PK\x01\x02")
    archive[at + 8] |= 1
    return bytes(archive)


def oddly_packed(files: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def flipped(files: Files) -> bytes:
    archive = bytearray(packed(files))
    at = archive.index(files["card.json"][:8]) if files["card.json"][:8] in archive else len(archive) // 2
    archive[at] ^= 0xFF
    return bytes(archive)


def liar(files: Files) -> bytes:
    """The table of contents says that the card unpacks to one byte."""
    archive = bytearray(packed(files))
    at = archive.rindex(b"card.json") - 46
    archive[at + 24 : at + 28] = (1).to_bytes(4, "little")
    return bytes(archive)


def table_of_millions(files: Files) -> bytes:
    archive = bytearray(packed(files))
    archive[-10:-6] = (2**31).to_bytes(4, "little")
    return bytes(archive)


def named(name: str) -> Callable[[Files], bytes]:
    return lambda files: packed({**files, name: b"x"})


def without(name: str) -> Callable[[Files], bytes]:
    return lambda files: packed({other: data for other, data in files.items() if other != name})


def garbled_golden(**changes: Any) -> Callable[[Files], bytes]:
    def change(files: Files) -> bytes:
        golden = json.loads(files["manifest.json"])["golden"]
        return packed(with_manifest(files, golden={**golden, **changes}))

    return change


HOSTILE: dict[str, tuple[Callable[[Files], bytes], str]] = {
    "no zip": (lambda files: b"not a zip", "damaged, or no ZIP"),
    "empty": (lambda files: b"", "damaged, or no ZIP"),
    "cut short": (lambda files: packed(files)[:-1000], "damaged, or no ZIP"),
    "something behind": (lambda files: packed(files) + b"!", "damaged, or no ZIP"),
    "a bit flipped": (flipped, "damaged|sha256"),
    "sizes that lie": (liar, "damaged|sha256|not valid"),
    "bomb": (bomb, "too large"),
    "millions of entries": (table_of_millions, "too many files"),
    "too many entries": (lambda files: packed({**files, **{f"{n}.svg": b"" for n in range(70)}}), "too many files"),
    "encrypted": (encrypted, "encrypted"),
    "another packing": (oddly_packed, "packed in a way"),
    "link": (linked, "a link"),
    "the same name twice": (twice, "two files of the same name"),
    "the same name but for its case": (named("CARD.json"), "two files of the same name"),
    "upwards": (named("../evil.tflite"), "side by side"),
    "absolute": (named("/tmp/evil"), "side by side"),
    "windows": (named("C:\\evil"), "side by side"),
    "nested": (named("inner/model.tflite"), "side by side"),
    "a folder": (named("inner/"), "side by side"),
    "hidden": (named(".htaccess"), "side by side"),
    "no manifest": (without("manifest.json"), "no manifest.json"),
    "no card": (without("card.json"), "no card.json"),
    "no network": (without("model.tflite"), "no model.tflite"),
    "manifest no JSON": (lambda files: packed({**files, "manifest.json": b"{"}), "not valid JSON"),
    "manifest a list": (lambda files: packed({**files, "manifest.json": b"[]"}), "one JSON object"),
    "manifest too deep": (lambda files: packed({**files, "manifest.json": b"[" * 100_000}), "not valid JSON"),
    "another format": (lambda files: packed(with_manifest(files, format=2)), "format 2"),
    "no list of files": (lambda files: packed(with_manifest(files, files=None)), "lists no files"),
    "another name": (lambda files: packed(with_manifest(files, name="other")), "two different models"),
    "another kind": (lambda files: packed(with_manifest(files, kind="number")), "two different models"),
    "network altered": (lambda files: packed({**files, "model.tflite": b"x"}), "sha256 differs"),
    "card altered": (lambda files: packed({**files, "card.json": b"{}"}), "sha256 differs"),
    "card of another network": (lambda files: packed(sealed({**files, "model.tflite": b"x"})), "card describes"),
    "card of a kind unknown": (lambda files: packed(with_card(files, kind="word")), "kind"),
    "card with a bad name": (lambda files: packed(with_card(files, name="../x")), "name may hold"),
    "card with a long name": (lambda files: packed(with_card(files, architecture="a" * 81)), "80 characters"),
    "card with NaN": (lambda files: packed(with_card(files, metrics={"x": float("nan")})), "not valid JSON"),
    "card with infinity": (lambda files: packed(with_card(files, threshold=float("inf"))), "not valid JSON"),
    "card with a vast number": (lambda files: packed(with_card(files, threshold=10**400)), "must lie between"),
    "card with a 0 character": (lambda files: packed(with_card(files, hardware="a\0b")), "cannot be stored"),
    "card with half a surrogate": (lambda files: packed(with_card(files, hardware="\ud800")), "not valid JSON"),
    "card with a vast version": (lambda files: packed(with_card(files, version=2**40)), "version"),
    "figures that are words": (lambda files: packed(with_card(files, metrics={"test": {"accuracy": "x"}})), "figure"),
    "figures that are none": (lambda files: packed(with_card(files, metrics={"test": "very good"})), "figure"),
    "recalls that are words": (
        lambda files: packed(with_card(files, metrics={"test": {"per_digit": ["x"]}})),
        "figure",
    ),
    "a network of nothing": (lambda files: packed(with_network(files, b"x" * 100)), "cannot be loaded"),
    "a network of the other kind": (lambda files: packed(with_network(files, number_network())), "doesn't take"),
    "a network of other shapes": (lambda files: packed(with_network(files, digit_network(7))), "ten probabilities"),
    "another network of its kind": (lambda files: packed(with_network(files, digit_network(10))), "golden batch"),
    "no golden batch": (lambda files: packed(with_manifest(files, golden=None)), "without a golden batch"),
    "golden without inputs": (garbled_golden(inputs=None), "lacks its inputs"),
    "golden with no inputs": (garbled_golden(inputs={"shape": [0, 28, 28], "base64": ""}), "garbled"),
    "golden of other shapes": (garbled_golden(inputs={"shape": [1, 2, 2], "base64": "AAAAAA=="}), "holds no inputs"),
    "golden too large": (garbled_golden(inputs={"shape": [10**6, 10**6], "base64": ""}), "too large"),
    "golden no base64": (garbled_golden(inputs={"shape": [1, 28, 28], "base64": "?"}), "garbled"),
    "golden answers of one": (garbled_golden(outputs={"shape": [1], "base64": "AAAAAA=="}), "another shape"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_or_broken_archive_is_refused_in_words(
    tiny: ModelVersion, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.setattr(archive_contents, "MOST_BYTES", 2**20)
    before = folders()
    make, words = HOSTILE[case]
    with pytest.raises(BadModel, match=words):
        take_in(make(unpacked(exported(tiny))))
    nothing_came_of_it(before)


def test_golden_answers_may_differ_by_rounding_and_no_more(tiny: ModelVersion) -> None:

    files = unpacked(exported(tiny))
    golden = json.loads(files["manifest.json"])["golden"]
    answers = np.frombuffer(base64.b64decode(golden["outputs"]["base64"]), "<f4")

    def differing(by: float) -> bytes:
        text = base64.b64encode((answers + np.float32(by)).astype("<f4").tobytes()).decode()
        return garbled_golden(outputs={**golden["outputs"], "base64": text})(files)

    assert take_in(differing(1e-5)).name == "arrived"
    for by in (0.01, float("nan")):
        with pytest.raises(BadModel, match="otherwise"):
            take_in(differing(by), name="other")


@pytest.mark.parametrize("odd", [7, "<script>alert(1)</script>", [1, {"x": 2}], {"source": [3]}, None, True, -1e308])
def test_a_card_with_odd_fields_breaks_no_page(
    tiny: ModelVersion, charlie: User, signed_in: Callable[[User], Client], odd: Any
) -> None:
    fields = ("parameters", "preset", "data", "seeds", "created", "hardware", "threshold_reason", "training_seconds")
    arrived = take_in(packed(with_card(unpacked(exported(tiny)), **dict.fromkeys(fields, odd))))
    model_activate(model=arrived)
    client = signed_in(charlie)
    for page in ("/models/", "/admin/recognizer/modelversion/", f"/admin/recognizer/modelversion/{arrived.id}/change/"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content
