"""Doubtful numbers as rows, for tests of the review: no network reads them, so that each is as unsure as wanted."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.models import DigitResult, ModelVersion, Prediction, Upload

WIDTH, HEIGHT = 800, 600


def doubtful(
    owner: User, text: str = "47", confidence: float = 0.5, *, picture: bool = False, seed: int = 0
) -> Prediction:
    """A number read on an upload of its own, in need of review."""
    upload = Upload.objects.create(
        owner=owner,
        created_at=timezone.now(),
        source="file",
        keep=Keep.ALL,
        width=WIDTH,
        height=HEIGHT,
        state=Upload.State.NEEDS_REVIEW,
        text=text,
        final_text=text,
        confidence=confidence,
    )
    if picture:
        upload.image.save("page.png", ContentFile(page_png(text)))
    return doubtful_on(upload, text, confidence)


def doubtful_on(upload: Upload, text: str, confidence: float = 0.5, *, order: int = 0) -> Prediction:
    """A number in need of review on this upload."""
    return number_on(upload, text, confidence, order=order, state=Prediction.State.NEEDS_REVIEW)


def number_on(
    upload: Upload, text: str, confidence: float, *, order: int, state: str, top: int = 220, crops: bool = True
) -> Prediction:
    """A number in any state on this upload, ``top`` pixels from above."""
    box: dict[str, Any] = {"box_x": 100, "box_y": top, "box_width": 60 * len(text), "box_height": 90}
    prediction = Prediction.objects.create(
        upload=upload,
        model_version=ModelVersion.objects.get(kind="digit", state="active"),
        order=order,
        text=text,
        formatted=text,
        confidence=confidence,
        state=state,
        **box,
    )
    DigitResult.objects.bulk_create(
        DigitResult(
            prediction=prediction,
            order=place,
            digit=int(digit),
            confidence=0.6,
            probabilities=probabilities(int(digit)),
            crop=crop(int(digit), place) if crops else None,
            **{**box, "box_x": 100 + 60 * place, "box_width": 60},
        )
        for place, digit in enumerate(text)
    )
    return prediction


def probabilities(digit: int) -> list[float]:
    """The digit itself 0.6, the next one 0.3, the one after that 0.1."""
    shares = [0.0] * 10
    for step, share in enumerate((0.6, 0.3, 0.1)):
        shares[(digit + step) % 10] = share
    return shares


def crop(digit: int, place: int) -> bytes:
    """Some pixels, (28, 28), that differ for each digit and place."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4 + digit, 4:24] = 255
    pixels[20, 4 + place % 20] = 100
    return pixels.tobytes()


def page_png(text: str) -> bytes:
    """A page, 800 by 600, with the number where its box is."""
    paper = np.full((HEIGHT, WIDTH), 245, np.uint8)
    for place, digit in enumerate(text):
        cv2.putText(paper, digit, (104 + 60 * place, 305), cv2.FONT_HERSHEY_SIMPLEX, 3.6, 40, 8, cv2.LINE_AA)
    cv2.putText(paper, "Sum of the day", (100, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 120, 2, cv2.LINE_AA)
    return bytes(cv2.imencode(".png", paper)[1])
