"""Stored uploads read again by the models that serve now: first to see what would change, then, if wanted, for good.

In slices, so that a job is short; whoever takes one up goes on where the last one ended. Nothing that a person
corrected or confirmed is read anew.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import BadRequest, CannotReread, ModelUnavailable, NumeralError
from recognizer.domain.phrases import phrase
from recognizer.models import Reread, RereadChange, Upload
from recognizer.models.upload import NOT_DELETED
from recognizer.selectors import uploads_nobody_spoke_of
from recognizer.services.readings import UPLOAD_STATES, reading_replace, upload_recognise
from recognizer.services.recognise import Recognised
from recognizer.services.serving import models_serving

State = Reread.State
Applied = RereadChange.Applied

LARGEST = 1_000_000
SLICE_SECONDS = 5.0
"""One job's share: other jobs wait no longer than this and one more picture."""
SILENT = dt.timedelta(minutes=2)
"""After so long without life, somebody else takes up the work: a picture takes seconds."""
ALIVE = (State.LOOKING, State.APPLYING)
OTHER_MODELS = phrase("Other models serve now than when this was started. Start another one.")


class _StoppedError(Exception):
    """Cancelled, or somebody else's by now."""


def reread_start(*, limit: int, started_by: User | None = None) -> Reread:
    """Begin to look at the newest ``limit`` stored pictures with the models that serve.

    Raises BadRequest for a limit out of range, CannotReread while another one goes on, ModelUnavailable.
    """
    if not 1 <= limit <= LARGEST:
        raise BadRequest(phrase("Between 1 and {largest:,} uploads can be looked at.", largest=LARGEST))
    serving = models_serving()
    with transaction.atomic():
        if Reread.objects.select_for_update().filter(state__in=ALIVE).exists():
            raise CannotReread(phrase("Another one goes on just now. Wait for it, or cancel it."))
        return Reread.objects.create(
            started_by=started_by,
            digit_model_id=serving.digit_id,
            number_model_id=serving.number_id,
            limit=limit,
            heartbeat_at=timezone.now(),
        )


def reread_apply(*, reread: Reread) -> None:
    """Begin to write down what was seen. Raises CannotReread where the looking hasn't ended."""
    now = timezone.now()
    begun = Reread.objects.filter(id=reread.id, state=State.LOOKED).update(
        state=State.APPLYING, working=False, heartbeat_at=now, finished_at=None
    )
    if not begun:
        raise CannotReread(phrase("Only what was looked at to the end, and not written down yet, can be."))


def reread_cancel(*, reread: Reread) -> None:
    """End it before the next picture; what was written down by then stays. Raises CannotReread where it has ended."""
    if not _end(reread, State.CANCELLED):
        raise CannotReread(phrase("This one has ended already."))


def rereads_silent() -> list[Reread]:
    """Those that nobody has worked on for a while: their job was lost, or the worker died."""
    return list(Reread.objects.filter(state__in=ALIVE, heartbeat_at__lt=timezone.now() - SILENT))


def reread_advance(*, reread: Reread) -> bool:
    """Do one slice of the work. Returns whether there is more to do; False as well where somebody else is at it."""
    now = timezone.now()
    free = Q(working=False) | Q(heartbeat_at__lt=now - SILENT)
    if not Reread.objects.filter(free, id=reread.id, state__in=ALIVE).update(working=True, heartbeat_at=now):
        return False
    reread.refresh_from_db()
    step = _look_at_next if reread.state == State.LOOKING else _apply_next
    try:
        more = _until_slice_ends(reread, step)
        Reread.objects.filter(id=reread.id, heartbeat_at=reread.heartbeat_at).update(working=False)
    except _StoppedError:
        return False
    return more


def _until_slice_ends(reread: Reread, step: Callable[[Reread], bool]) -> bool:
    ends = time.monotonic() + SLICE_SECONDS
    while step(reread):
        if time.monotonic() >= ends:
            return True
    return False


def _look_at_next(reread: Reread) -> bool:
    """Look at one upload, and note what would change. Returns False at the end of all."""
    upload = _waiting(reread).first() if reread.looked < reread.limit else None
    if upload is None:
        _end(reread, State.LOOKED)
        return False
    recognised = _recognised(reread, upload)
    with transaction.atomic():
        change = _change(reread, upload, recognised) if recognised else None
        _note(
            reread,
            looked=F("looked") + 1,
            unreadable=F("unreadable") + int(recognised is None),
            same=F("same") + int(recognised is not None and change is None),
            before_at=upload.created_at,
            before_id=upload.id,
        )
        # An upload that its owner deleted meanwhile would change nothing.
        if change is not None and Upload.objects.filter(NOT_DELETED, id=upload.id).exists():
            change.save(force_insert=True)
    return True


def _apply_next(reread: Reread) -> bool:
    """Write down one change. Returns False at the end of all."""
    change = reread.changes.filter(applied=Applied.NOT_YET).select_related("upload").first()
    if change is None:
        _end(reread, State.APPLIED)
        return False
    upload = change.upload
    as_seen = (upload.text, upload.state) == (change.old_text, change.old_state)
    recognised = _recognised(reread, upload) if as_seen else None
    with transaction.atomic():
        replaced = recognised is not None and recognised.reading.text == change.new_text
        replaced = replaced and recognised is not None and reading_replace(upload=upload, recognised=recognised)
        _note(reread, applied=F("applied") + int(replaced))
        RereadChange.objects.filter(id=change.id).update(applied=Applied.DONE if replaced else Applied.KEPT)
    return True


def _waiting(reread: Reread) -> QuerySet[Upload]:
    """Kept pictures that were read and that nobody has spoken about, from where the last look ended."""
    rows = uploads_nobody_spoke_of().filter(created_at__lte=reread.created_at)
    if reread.before_at is not None:
        rows = rows.filter(Q(created_at__lt=reread.before_at) | Q(created_at=reread.before_at, id__lt=reread.before_id))
    return rows.order_by("-created_at", "-id")


def _recognised(reread: Reread, upload: Upload) -> Recognised | None:
    """The new reading; None where the picture can't be opened. Stops all where other models serve by now."""
    try:
        recognised = upload_recognise(upload=upload)
    except ModelUnavailable as error:
        raise _stopped(reread, str(error)) from error
    except (OSError, NumeralError):
        return None
    serving = recognised.serving
    if (serving.digit_id, serving.number_id) != (reread.digit_model_id, reread.number_model_id):
        raise _stopped(reread, OTHER_MODELS)
    return recognised


def _stopped(reread: Reread, why: str) -> _StoppedError:
    _end(reread, State.STOPPED, why)
    return _StoppedError(why)


def _change(reread: Reread, upload: Upload, recognised: Recognised) -> RereadChange | None:
    reading = recognised.reading
    state = UPLOAD_STATES[reading.state]
    if (reading.text, state) == (upload.text, upload.state):
        return None
    return RereadChange(
        reread=reread,
        upload=upload,
        old_text=upload.text,
        old_confidence=upload.confidence,
        old_state=upload.state,
        new_text=reading.text,
        new_confidence=reading.confidence,
        new_state=state,
    )


def _note(reread: Reread, **fields: object) -> None:
    """Write progress down, if it is still ours to write. Raises _StoppedError, which undoes the transaction."""
    now = timezone.now()
    ours = Reread.objects.filter(id=reread.id, state=reread.state, heartbeat_at=reread.heartbeat_at)
    if not ours.update(heartbeat_at=now, **fields):
        raise _StoppedError
    reread.refresh_from_db()


def _end(reread: Reread, state: str, error: str = "") -> bool:
    ended = Reread.objects.filter(id=reread.id, state__in=ALIVE).update(
        state=state, error=error, working=False, finished_at=timezone.now()
    )
    return bool(ended)
