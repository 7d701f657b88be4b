"""What is kept of a large photo is smaller than the photo; its boxes stay in pixels of what was given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from accounts.models import Keep, User
from recognizer.domain.errors import PictureNotKept
from recognizer.models import ModelVersion
from recognizer.services.ingest import picture_ingest
from recognizer.services.readings import reading_replace, upload_recognise
from recognizer.tests.pictures import as_jpeg, page

BOX = ("box_x", "box_y", "box_width", "box_height")


def test_a_picture_that_is_stored_smaller_keeps_its_boxes_where_the_digits_are(
    alice: User, model: ModelVersion
) -> None:
    """A photo of 15 megapixels is stored halved, and its boxes are in pixels of what was given."""
    photo = as_jpeg(page("47", size=(4600, 3300), height=900))
    upload = picture_ingest(data=photo, owner=alice, keep=Keep.ALL).upload
    assert upload is not None
    with Image.open(upload.image) as stored:
        assert stored.size == (2300, 1650)
    before = list(upload.predictions.values_list(*BOX))
    assert reading_replace(upload=upload, recognised=upload_recognise(upload=upload))
    after = list(upload.predictions.values_list(*BOX))
    assert np.abs(np.array(after) - np.array(before)).max() <= 12
    upload.refresh_from_db()
    assert (upload.text, upload.width, upload.height) == ("47", 4600, 3300)


def test_a_picture_whose_file_is_gone_is_said_to_be_gone(
    alice: User, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    upload = picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL).upload
    assert upload is not None
    upload.image.storage.delete(str(upload.image.name))
    with pytest.raises(PictureNotKept):
        upload_recognise(upload=upload)
