"""A batch is read by the worker in slices, several pictures at a time, so that other jobs get their turn.

Who may go on with a batch is told by a turn, the moment at which it was last taken up: who comes with another one was
overtaken, and stops. So there is one job for each batch, however often the sweep has doubted that. Each picture is
claimed for itself, and its upload is written only by who still holds the claim: nothing is read into two uploads.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Keep
from recognizer.domain.errors import DecoderUnavailable, ModelUnavailable, NumeralError
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Expect, Source
from recognizer.models import Batch, BatchFile, BatchItem, Upload
from recognizer.services.batch_opening import MAX_ATTEMPTS, Sources, batch_file_open, batch_item_part
from recognizer.services.batches import batch_end, batch_file_let_go
from recognizer.services.ingest import picture_ingest
from recognizer.services.readings import upload_reread
from recognizer.vision.kinds import PAGED

logger = logging.getLogger(__name__)

State = BatchItem.State
SLICE_SECONDS = 5.0
"""One job's share, shared by all batches of one person: others wait no longer than this and one more picture."""
SHORTEST_SLICE = 0.5
SILENT = dt.timedelta(seconds=45)
"""After so long without life, somebody else takes up the work: a picture takes seconds."""

_claiming = threading.Lock()


class _LostError(Exception):
    """Somebody else's by now, or deleted."""


def batch_turn(*, batch_id: UUID) -> dt.datetime | None:
    """Take up a batch that nobody works on; returns the turn to go on with, or None where somebody does."""
    now = timezone.now()
    free = Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - SILENT)
    return now if Batch.objects.filter(free, id=batch_id, finished_at=None).update(heartbeat_at=now) else None


def batch_advance(*, batch_id: UUID, turn: dt.datetime) -> dt.datetime | None:
    """Read a slice of a batch; returns the turn for the next one, None where nothing is left to do just now, or
    somebody else has taken it up.
    """
    now = timezone.now()
    if not Batch.objects.filter(id=batch_id, heartbeat_at=turn, finished_at=None).update(heartbeat_at=now):
        return None
    batch = Batch.objects.select_related("owner", "form").get(id=batch_id)
    served = _slice(batch)
    following = timezone.now() if not batch_end(batch_id=batch_id) and served and _waits(batch_id) else None
    if not Batch.objects.filter(id=batch_id, heartbeat_at=now).update(heartbeat_at=following):
        return None
    if following is None and served and _waits(batch_id):  # added just before it was let go
        return batch_turn(batch_id=batch_id)
    return following


def _waits(batch_id: UUID) -> bool:
    """Whether there is something to do at once; what somebody has claimed is not."""
    files = BatchFile.objects.filter(batch=batch_id, state=BatchFile.State.WAITING, attempts=0)
    return files.exists() or BatchItem.objects.filter(batch=batch_id, state=State.WAITING).exists()


def _slice(batch: Batch) -> bool:
    """Open archives and read pictures until the time is up; returns False where no model serves."""
    going_on = Batch.objects.filter(owner=batch.owner, finished_at=None, heartbeat_at__isnull=False).count()
    ends = time.monotonic() + max(SHORTEST_SLICE, SLICE_SECONDS / max(1, going_on))
    for file in BatchFile.objects.filter(batch=batch, state=BatchFile.State.WAITING):
        if file.attempts == 0 or (file.heartbeat_at or timezone.now()) < timezone.now() - SILENT:
            batch_file_open(file=file)
        if time.monotonic() >= ends:
            return True
    reader = _Reader(batch, ends)
    try:
        if settings.BATCH_READERS == 1:
            reader.read()
            return True
        with ThreadPoolExecutor(settings.BATCH_READERS) as pool:
            for job in [pool.submit(reader.read_beside) for _number in range(settings.BATCH_READERS)]:
                job.result()
    except ModelUnavailable:
        return False  # the sweep asks again every half minute
    finally:
        reader.sources.close()
    return True


class _Reader:
    """Reads the pictures of one batch until the slice ends; one for all threads of it."""

    def __init__(self, batch: Batch, ends: float) -> None:
        self.batch, self.ends = batch, ends
        self.sources = Sources()
        self.parts_documents = True

    def read_beside(self) -> None:
        """As ``read``, in a thread with database connections of its own."""
        try:
            self.read()
        finally:
            connections.close_all()

    def read(self) -> None:
        """Read one picture after the other, one at least, until none is left or the time is up."""
        while (item := self._claim()) is not None:
            self._read(item)
            if time.monotonic() >= self.ends:
                return

    def _claim(self) -> BatchItem | None:
        """The next picture that waits, or on which somebody fell silent. Documents come first: only when their pages
        are counted can anybody tell how much there is to do.
        """
        with _claiming:
            while (item := self._next()) is not None:
                now = timezone.now()
                row = BatchItem.objects.filter(id=item.id, state=item.state, heartbeat_at=item.heartbeat_at)
                if row.update(state=State.READING, heartbeat_at=now, attempts=F("attempts") + 1):
                    item.state, item.heartbeat_at, item.attempts = State.READING, now, item.attempts + 1
                    return item
        return None

    def _next(self) -> BatchItem | None:
        items = BatchItem.objects.filter(batch=self.batch).select_related("file").order_by("order")
        waiting = items.filter(state=State.WAITING)
        if self.parts_documents:
            document = waiting.filter(kind__in=PAGED, page=None, upload=None).first()
            if document is not None:
                return document
            self.parts_documents = False  # not asked again in this slice: it looks at every picture that waits
        silent = items.filter(state=State.READING, heartbeat_at__lt=timezone.now() - SILENT)
        return waiting.first() or silent.first()

    def _read(self, item: BatchItem) -> None:
        """Read one picture, whatever may be wrong with it."""
        try:
            if item.attempts > MAX_ATTEMPTS:
                sentence = phrase("Reading it was broken off three times, so it was given up.")
                _end(item, State.FAILED, "interrupted", item.error_message or sentence)
            elif item.upload is not None:
                _read_on(item, item.upload)
            elif self.batch.cancelled_at is not None:
                _end(item, State.CANCELLED)
            else:
                self._ingest(item)
        except _LostError:
            return
        except ModelUnavailable:
            row = BatchItem.objects.filter(id=item.id, state=State.READING, heartbeat_at=item.heartbeat_at)
            row.update(state=State.WAITING, heartbeat_at=None, attempts=item.attempts - 1)
            raise
        except (DecoderUnavailable, OSError) as error:
            # Tried again once the claim has fallen silent: what is the matter may have passed by then.
            words = str(error) if isinstance(error, NumeralError) else ""
            BatchItem.objects.filter(id=item.id, heartbeat_at=item.heartbeat_at).update(error_message=words[:300])
            logger.warning("A picture of a batch could not be read just now: %s", error)
        except NumeralError as error:
            _end(item, State.FAILED, error.code, str(error))
        except Exception:
            logger.exception("A picture of a batch could not be read")

    def _ingest(self, item: BatchItem) -> None:
        data = self.sources.bytes_of(item)
        if item.kind in PAGED and item.page is None and batch_item_part(item=item, data=data):
            return

        def saved(upload: Upload) -> None:
            own = BatchItem.objects.filter(id=item.id, state=State.READING, heartbeat_at=item.heartbeat_at)
            if not own.update(upload=upload):
                raise _LostError

        picture_ingest(
            data=data,
            owner=self.batch.owner,
            keep=Keep(self.batch.keep),
            source=Source(self.batch.source),
            expect=Expect.parse(self.batch.expect),
            name=item.name,
            page=item.page or 1,
            batch=self.batch,
            form=self.batch.form,
            saved=saved,
        )
        _end(item, State.DONE)


def _read_on(item: BatchItem, upload: Upload) -> None:
    """Its picture was stored before somebody fell silent: only the reading is missing, or not even that."""
    if upload.state in (Upload.State.QUEUED, Upload.State.READING):
        upload_reread(upload=upload)
        upload.refresh_from_db()
    if upload.state == Upload.State.FAILED:
        _end(item, State.FAILED, "failed", phrase("This picture was stored, but could not be read."))
    elif upload.state not in (Upload.State.QUEUED, Upload.State.READING):
        _end(item, State.DONE)


def _end(item: BatchItem, state: str, code: str = "", message: str = "") -> None:
    """Write down what became of a picture, if it is still ours, and let go of its bytes if nothing needs them."""
    own = BatchItem.objects.filter(id=item.id, state=State.READING, heartbeat_at=item.heartbeat_at)
    own.update(
        state=state,
        error_code=code,
        error_message=message[:300],
        finished_at=timezone.now(),
        heartbeat_at=None,
    )
    batch_file_let_go(file_id=item.file_id)
