"""Labelled digits that people give: who agrees to it gives what they correct and confirm."""

from __future__ import annotations

import hashlib

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from accounts.models import User
from recognizer.domain.errors import BadRequest
from recognizer.domain.phrases import phrase
from recognizer.models import DigitResult, Sample

SIDE = 28
HELD_OUT_OF = 10
"""One sample of so many, chosen by hash, is never trained on: it joins the gate."""

Source = Sample.Source
State = Sample.State


def sample_add(
    *,
    contributor: User,
    label: int,
    crop: NDArray[np.uint8],
    source: Sample.Source,
    digit_result: DigitResult | None = None,
) -> Sample | None:
    """Keep one digit, uint8 (28, 28), white ink on black, as a sample of its contributor.

    Once for each contributor and crop: given again, the newest label counts. What the second look had set aside is in
    use again under another label; what staff dropped stays dropped. Returns None, and keeps nothing, where the
    contributor does not agree to it or the crop is blank. Raises BadRequest for another shape or label.
    """
    if crop.shape != (SIDE, SIDE) or crop.dtype != np.uint8 or not 0 <= label <= 9:
        raise BadRequest(phrase("A sample is a picture of 28 by 28 with a digit from 0 to 9."))
    if not contributor.training_consent or not crop.any():
        return None
    pixels = crop.tobytes()
    sha256 = hashlib.sha256(pixels).hexdigest()
    with transaction.atomic():
        sample, made = Sample.objects.select_for_update().get_or_create(
            contributor=contributor,
            sha256=sha256,
            defaults={
                "label": label,
                "crop": pixels,
                "source": source,
                "digit_result": digit_result,
                "held_out": held_out(sha256),
            },
        )
        if not made:
            _relabel(sample, label, source)
    return sample


def held_out(sha256: str) -> bool:
    """Whether a crop is kept out of training, whoever gives it and however it is labelled."""
    return int(sha256[:8], 16) % HELD_OUT_OF == 0


def _relabel(sample: Sample, label: int, source: Sample.Source) -> None:
    if (sample.label, sample.source) == (label, source):
        return
    if sample.label != label and sample.state != State.DROPPED:
        sample.state, sample.reason = State.USED, ""
    sample.label, sample.source = label, source
    sample.save(update_fields=["label", "source", "state", "reason"])
