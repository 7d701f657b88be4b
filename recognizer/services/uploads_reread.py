"""Single uploads read again because their owner wants it."""

from __future__ import annotations

import logging
from collections.abc import Collection
from uuid import UUID

from accounts.models import User
from recognizer.domain.errors import NumeralError
from recognizer.models import Upload
from recognizer.selectors import uploads_nobody_spoke_of
from recognizer.selectors_history import history_of
from recognizer.services.readings import reading_replace, upload_recognise, upload_reread

logger = logging.getLogger(__name__)


def uploads_rereadable(*, owner: User, ids: Collection[UUID]) -> list[UUID]:
    """Which of an owner's uploads can be read again: their picture was kept, nobody corrected or confirmed anything, or
    they could not be read before. Those wait for their reading from now on.
    """
    named = history_of(owner).filter(id__in=ids).exclude(image="")
    failed = list(named.filter(state=Upload.State.FAILED).values_list("id", flat=True))
    Upload.objects.filter(id__in=failed, state=Upload.State.FAILED).update(
        state=Upload.State.QUEUED, attempts=0, heartbeat_at=None
    )
    spoken_of_by_nobody = uploads_nobody_spoke_of().filter(owner=owner, id__in=ids)
    return failed + list(spoken_of_by_nobody.values_list("id", flat=True))


def upload_read_again(*, upload_id: UUID) -> bool:
    """Read an upload with the models that serve now; returns whether its reading is a new one.

    What cannot be opened, or was corrected, deleted or read by somebody else meanwhile, stays as it is.
    """
    upload = Upload.objects.filter(id=upload_id, deleted_at=None).first()
    if upload is None:
        return False
    if upload.state == Upload.State.QUEUED:
        upload_reread(upload=upload)
        return True
    try:
        return reading_replace(upload=upload, recognised=upload_recognise(upload=upload))
    except (OSError, NumeralError) as error:
        logger.warning("An upload could not be read again: %s", error)
        return False
