"""What works here, what is missing, and how to mend it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from hdr_site.probes import migrations_waiting, storage_probe
from recognizer.domain.errors import NumeralError
from recognizer.domain.types import Expect, ModelKind
from recognizer.services.recognise import picture_recognise
from recognizer.services.registry import models_verify

LOW_DISK_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``remedy`` says how to mend it where it does not work."""

    name: str
    works: bool
    detail: str
    remedy: str = ""
    essential: bool = True


def diagnose() -> Iterator[Finding]:
    """Look at everything that Numeral needs, one finding at a time. Never raises."""
    for name, look in LOOKS.items():
        try:
            yield from look()
        except Exception as error:  # a doctor that faints helps nobody
            yield Finding(name, False, f"{type(error).__name__}: {error}", "See the sentence beside it.")


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), version, "Use Python 3.11, 3.12 or 3.13.")


def _packages() -> Iterator[Finding]:
    for name in ("django", "ai-edge-litert", "opencv-python-headless", "pillow", "pillow-heif", "pypdfium2"):
        yield Finding(name, True, importlib.metadata.version(name))
    can_train = importlib.util.find_spec("tensorflow") is not None
    remedy = "Install requirements/train.txt (Python 3.11 to 3.13) to train; reading works without."
    yield Finding("TensorFlow", can_train, "installed" if can_train else "not installed", remedy, essential=False)


def _settings() -> Iterator[Finding]:
    try:
        call_command("check", stdout=io.StringIO())
    except SystemCheckError as error:
        yield Finding("settings", False, str(error).strip(), "Change the settings named there, in .env.")
    else:
        yield Finding("settings", True, f"{settings.SITE.url}, data in {settings.DATA_DIR}")


def _database() -> Iterator[Finding]:
    waiting = migrations_waiting()
    detail = f"{connection.vendor}, {waiting} migrations waiting" if waiting else connection.vendor
    yield Finding("database", not waiting, detail, "Run `manage.py migrate`.")


def _storage() -> Iterator[Finding]:
    storage_probe()
    free = shutil.disk_usage(settings.DATA_DIR).free
    detail = f"writable, {free / 2**30:.1f} GB free"
    yield Finding("storage", free > LOW_DISK_BYTES, detail, "Make room on the disk that holds DATA_DIR.")


def _models() -> Iterator[Finding]:
    verified = models_verify()
    for each in verified:
        remedy = "Bring its files back, or activate another model (`manage.py models`)."
        name = f"model {each.name} ({each.state})"
        yield Finding(name, each.problem is None, each.problem or "as registered", remedy)
    active = {each.kind for each in verified if each.state == "active"}
    remedy = "Run `manage.py models list`, which registers the shipped ones."
    if ModelKind.DIGIT not in active:
        yield Finding("digit model", False, "none is active", remedy)
    if ModelKind.NUMBER not in active:
        detail = "none is active: numbers are read digit by digit alone"
        yield Finding("number model", False, detail, remedy, essential=False)


def _reading() -> Iterator[Finding]:
    picture = np.full((120, 120), 255, np.uint8)
    cv2.line(picture, (60, 25), (60, 95), 20, 8)
    _, png = cv2.imencode(".png", picture)
    try:
        reading = picture_recognise(data=png.tobytes(), expect=Expect(1)).reading
    except NumeralError as error:
        yield Finding("reading", False, str(error), "See the models above; see the log for the decoder.")
    else:
        detail = f"a drawn stroke reads “{reading.text}” in {reading.ms:.0f} ms"
        yield Finding("reading", reading.text == "1", detail, "Check the active model with `manage.py models verify`.")


LOOKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "Python": _python,
    "packages": _packages,
    "settings": _settings,
    "database": _database,
    "storage": _storage,
    "models": _models,
    "reading": _reading,
}
