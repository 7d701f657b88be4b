"""The model card: what serving takes, and what it refuses with a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recognizer.domain.errors import BadModel
from recognizer.domain.types import ModelKind
from recognizer.inference.card import CARD_FILE, MAX_CARD_BYTES, card_from_json, load_card


@pytest.fixture
def card() -> dict[str, Any]:
    return {
        "format": 1,
        "name": "digit-7",
        "kind": "digit",
        "version": 7,
        "architecture": "mlp",
        "input": "raw 0 to 255",
        "metrics": {"test": {"accuracy": 0.9}},
        "calibration": {"temperature": 1.25},
        "threshold": 0.8,
        "reject_below": 0.3,
        "files": {"model.tflite": "0" * 64},
    }


def test_a_good_card_is_read(card: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    loaded = load_card(tmp_path)
    assert (loaded.name, loaded.kind, loaded.version) == ("digit-7", ModelKind.DIGIT, 7)
    assert (loaded.temperature, loaded.threshold, loaded.reject_below) == (1.25, 0.8, 0.3)
    assert loaded.input == "raw 0 to 255"
    assert loaded.raw == card


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("format", 2, "reads format 1"),
        ("kind", "letter", "none of digit, number"),
        ("name", "../digit", "may hold only letters"),
        ("name", "", "usable “name”"),
        ("version", 0, "usable “version”"),
        ("version", True, "usable “version”"),
        ("architecture", None, "usable “architecture”"),
        ("input", 28, "usable “input”"),
        ("metrics", [], "usable “metrics”"),
        ("calibration", {}, "usable “temperature”"),
        ("calibration", {"temperature": 0}, "between 0.05 and 20"),
        ("calibration", {"temperature": float("nan")}, "usable “temperature”"),
        ("threshold", 1.01, "between 0 and 1"),
        ("threshold", "0.9", "usable “threshold”"),
        ("reject_below", -0.1, "between 0 and 1"),
        ("files", {}, "names no model.tflite"),
        ("files", {"model.tflite": "abc"}, "plain name with a sha256"),
        ("files", {"model.tflite": "0" * 64, "../passwd": "0" * 64}, "plain name with a sha256"),
    ],
)
def test_a_card_with_a_wrong_field_is_refused(card: dict[str, Any], key: str, value: object, sentence: str) -> None:
    card[key] = value
    with pytest.raises(BadModel, match=sentence):
        card_from_json(card)


@pytest.mark.parametrize("key", ["format", "name", "kind", "version", "calibration", "threshold", "files", "metrics"])
def test_a_card_without_a_field_is_refused(card: dict[str, Any], key: str) -> None:
    del card[key]
    with pytest.raises(BadModel):
        card_from_json(card)


def test_a_model_without_a_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="no readable card"):
        load_card(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "\x80", "[" * 100_000])
def test_a_card_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / CARD_FILE).write_text(text, encoding="latin-1")
    with pytest.raises(BadModel, match="JSON"):
        load_card(tmp_path)


def test_a_card_of_megabytes_is_not_read(tmp_path: Path) -> None:
    (tmp_path / CARD_FILE).write_bytes(b" " * (MAX_CARD_BYTES + 1))
    with pytest.raises(BadModel, match="too large"):
        load_card(tmp_path)
