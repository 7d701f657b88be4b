"""The stages of a reading, each timed by itself; imported once Django is set up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from django.conf import settings

from recognizer.domain.types import Expect, ModelKind
from recognizer.inference.engine import DigitEngine
from recognizer.inference.number_engine import NumberEngine
from recognizer.services.decoding import decoder_pool
from recognizer.services.recognise import image_read
from recognizer.services.serving import Readers
from recognizer.vision.ink import find_ink
from recognizer.vision.layout import find_numbers


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds at the median of all runs; ``layout`` is without the ink, ``text`` is the answer."""

    whole: float
    decode: float
    ink: float
    layout: float
    networks: float
    text: str


def measure(data: bytes, runs: int) -> Times:
    """Read a picture so many times, each stage by itself and the whole."""
    readers, pool, expect = _readers(), decoder_pool(), Expect()
    image = pool.decode(data)
    reading = image_read(image=image, expect=expect, readers=readers)
    decode = _median_ms(lambda: pool.decode(data), runs)
    ink = _median_ms(lambda: find_ink(image.gray), runs)
    found = _median_ms(lambda: find_numbers(image.gray, expect, scale=image.scale), runs)
    read = _median_ms(lambda: image_read(image=image, expect=expect, readers=readers), runs)
    whole = _median_ms(lambda: image_read(image=pool.decode(data), expect=expect, readers=readers), runs)
    return Times(whole, decode, ink, max(0.0, found - ink), max(0.0, read - found), reading.text)


def _readers() -> Readers:
    """The shipped networks, of each kind the latest."""
    number = _shipped(ModelKind.NUMBER)
    return Readers(DigitEngine.load(_shipped(ModelKind.DIGIT)[-1]), NumberEngine.load(number[-1]) if number else None)


def _shipped(kind: ModelKind) -> list[Path]:
    return sorted(settings.SHIPPED_MODELS_DIR.glob(f"{kind}-*"))


def _median_ms(work: Callable[[], object], runs: int) -> float:
    return median(_ms(work) for _ in range(runs))


def _ms(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)
