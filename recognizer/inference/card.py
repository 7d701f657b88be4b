"""The model card, ``card.json``: what a model is, how it was made and measured, and how to trust it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recognizer.domain.errors import BadModel
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelCard, ModelKind

CARD_FILE = "card.json"
NETWORK_FILE = "model.tflite"
FORMAT = 1
MAX_CARD_BYTES = 4 * 1024 * 1024
MAX_NAME, MAX_VERSION = 80, 2**31 - 1
"""What a database keeps of a name or an architecture, in characters, and as a version."""
SHA256 = re.compile(r"[0-9a-f]{64}")
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def load_card(directory: Path) -> ModelCard:
    """Read and check ``directory/card.json``.

    Raises BadModel with a sentence where the card is missing, is no JSON, or lacks or garbles a field.
    """
    return card_from_json(_read(directory / CARD_FILE))


def card_from_json(raw: Mapping[str, Any]) -> ModelCard:
    """Check a card's content. Raises BadModel."""
    if raw.get("format") != FORMAT:
        raise BadModel(
            phrase(
                "The model card has the format {given!r}; this version reads format {ours}.",
                given=raw.get("format"),
                ours=FORMAT,
            )
        )
    kind = _kind(raw)
    name = _text(raw, "name")
    if not PLAIN_NAME.fullmatch(name):
        raise BadModel(phrase("The model card's name may hold only letters, digits, dots, dashes and underscores."))
    architecture = _text(raw, "architecture")
    if max(len(name), len(architecture)) > MAX_NAME:
        raise BadModel(
            phrase("The model card's name and architecture may have {most} characters at most.", most=MAX_NAME)
        )
    return ModelCard(
        name=name,
        kind=kind,
        version=_version(raw),
        architecture=architecture,
        input=_text(raw, "input"),
        temperature=_number(_mapping(raw, "calibration"), "temperature", 0.05, 20.0),
        threshold=_number(raw, "threshold", 0.0, 1.0),
        reject_below=_number(raw, "reject_below", 0.0, 1.0),
        files=_files(raw),
        metrics=_mapping(raw, "metrics"),
        raw=raw,
    )


def limit_of_one(card: ModelCard, name: str, usual: float) -> float:
    """A line network's "threshold" or "reject_below" where one digit is expected; ``usual`` where the card has none.

    Raises BadModel.
    """
    key = f"{name}_one"
    return _number(card.raw, key, 0.0, 1.0) if key in card.raw else usual


def _kind(raw: Mapping[str, Any]) -> ModelKind:
    kind, kinds = _text(raw, "kind"), ", ".join(ModelKind)
    if kind not in list(ModelKind):
        raise BadModel(
            phrase("The model card names the kind “{kind}”, which is none of {kinds}.", kind=kind, kinds=kinds)
        )
    return ModelKind(kind)


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_CARD_BYTES:
            raise BadModel(phrase("The model card is too large to be one."))
        content = path.read_bytes()
    except OSError as error:
        raise BadModel(phrase("The model has no readable card ({file}).", file=CARD_FILE)) from error
    return json_object(content, phrase("The model card ({file})", file=CARD_FILE))


def json_object(content: bytes, what: str) -> dict[str, Any]:
    """The JSON object that ``content`` holds, and nothing that a database's JSON can't: NaN, infinity, half a surrogate
    pair, the character 0. Raises BadModel with a sentence that begins with ``what``.
    """
    try:
        raw = json.loads(content)
        storable = json.dumps(raw, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadModel(phrase("{what} is not valid JSON.", what=what)) from error
    if not isinstance(raw, dict):
        raise BadModel(phrase("{what} must hold one JSON object.", what=what))
    if b"\\u0000" in storable:
        raise BadModel(phrase("{what} holds a character that cannot be stored.", what=what))
    return raw


def _missing(key: str) -> BadModel:
    return BadModel(phrase("The model card lacks a usable “{key}”.", key=key))


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise _missing(key)
    return value


def _mapping(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key)
    if not isinstance(value, dict):
        raise _missing(key)
    return value


def _version(raw: Mapping[str, Any]) -> int:
    value = raw.get("version")
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_VERSION:
        raise _missing("version")
    return value


def _number(raw: Mapping[str, Any], key: str, low: float, high: float) -> float:
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # NaN differs from itself
        raise _missing(key)
    if not low <= value <= high:
        raise BadModel(
            phrase(
                "The model card's “{key}” is {value!r:.40}; it must lie between {low:g} and {high:g}.",
                key=key,
                value=value,
                low=low,
                high=high,
            )
        )
    return float(value)


def _files(raw: Mapping[str, Any]) -> Mapping[str, str]:
    files = _mapping(raw, "files")
    for name, digest in files.items():
        if not PLAIN_NAME.fullmatch(name) or not isinstance(digest, str) or not SHA256.fullmatch(digest):
            raise BadModel(
                phrase(
                    "The model card's entry for the file “{name}” is not a plain name with a sha256.", name=name[:40]
                )
            )
    if NETWORK_FILE not in files:
        raise BadModel(phrase("The model card names no {file}.", file=NETWORK_FILE))
    return files
