"""Pictures with what was read drawn on them, to look through or to hand on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadImage
from recognizer.domain.types import Box, DecodedImage
from recognizer.models import Prediction, Upload
from recognizer.services.stored_pictures import stored_picture_open

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

SURE, DOUBTFUL, SAID = (60, 120, 0), (0, 90, 200), (190, 70, 30)
"""Of boxes and texts, blue first: read, in doubt (with a question mark), said by a person (with an equals sign)."""
PAPER: Colour = (255, 255, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_HEIGHT = 22.0
"""Of a digit at scale 1, in pixels."""
QUALITY = 85


def overlay_draw(*, upload: Upload) -> bytes:
    """The kept picture of an upload, grey, with each number's box and text, as JPEG.

    Wants predictions and corrections to be prefetched. Raises PictureNotKept and the errors of decoding.
    """
    image = stored_picture_open(upload=upload)
    drawn = np.asarray(cv2.cvtColor(image.gray, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    for prediction in upload.predictions.all():
        text, colour = _shown(prediction)
        if text:
            _draw(drawn, _placed(prediction, image), text, colour)
    done, data = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise BadImage
    return bytes(data)


def _shown(prediction: Prediction) -> tuple[str, Colour]:
    """The text beside a box and its colour; no text where a person said that there is no number."""
    newest = next(iter(prediction.corrections.all()), None)
    if newest is not None:
        return (f"= {newest.text}" if newest.text else ""), SAID
    if prediction.state == Prediction.State.NEEDS_REVIEW:
        return f"{prediction.text} ?".strip(), DOUBTFUL
    return prediction.text, SURE


def _placed(prediction: Prediction, image: DecodedImage) -> Box:
    """Its box in the pixels that are drawn on."""
    scale = 1 / image.scale
    x, y = round(prediction.box_x * scale), round(prediction.box_y * scale)
    return Box(x, y, max(1, round(prediction.box_width * scale)), max(1, round(prediction.box_height * scale)))


def _draw(drawn: Pixels, box: Box, text: str, colour: Colour) -> None:
    height, width = drawn.shape[:2]
    thick = max(1, round(max(height, width) / 600))
    cv2.rectangle(drawn, (box.x, box.y), (box.right, box.bottom), PAPER, thick + 2)
    cv2.rectangle(drawn, (box.x, box.y), (box.right, box.bottom), colour, thick)
    scale = max(0.4, min(box.height * 0.5, max(height, width) / 25) / FONT_HEIGHT)
    (text_width, text_height), below = cv2.getTextSize(text, FONT, scale, thick)
    left = max(0, min(box.x, width - text_width))
    base = box.y - thick - below if box.y - thick - below - text_height > 0 else box.bottom + thick + text_height + 2
    base = min(base, height - 1)
    cv2.rectangle(drawn, (left, base - text_height - 2), (left + text_width, base + below), PAPER, cv2.FILLED)
    cv2.putText(drawn, text, (left, base), FONT, scale, colour, thick, cv2.LINE_AA)
