"""A kept picture opened again, to look at a part of it or with other models. Writes nothing."""

from __future__ import annotations

from dataclasses import replace

from recognizer.domain.errors import PictureNotKept
from recognizer.domain.types import DecodedImage
from recognizer.models import Upload
from recognizer.services.decoding import decoder_pool


def stored_picture_open(*, upload: Upload) -> DecodedImage:
    """The kept picture, decoded, placed in pixels of the original as the upload's boxes are: what is stored may be
    smaller than what was given.

    Raises PictureNotKept where there is none, or its file is gone, and the errors of decoding.
    """
    if not upload.image:
        raise PictureNotKept
    try:
        with upload.image.open("rb") as file:
            data = file.read()
    except OSError as error:
        raise PictureNotKept from error
    image = decoder_pool().decode(data)
    width, height = upload.width or image.width, upload.height or image.height
    return replace(image, width=width, height=height, scale=image.scale * width / image.width)
