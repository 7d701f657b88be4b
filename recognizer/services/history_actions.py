"""What a person does with all that a search of their history finds: deleted, brought back, or read again.

In slices, so that a job is short, each written down with what it did; whoever takes one up goes on where the last one
ended. What came after the request is left alone.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import StillWorking
from recognizer.domain.history import HistoryQuery, query_as_json, query_from_json
from recognizer.models import HistoryAction
from recognizer.selectors_history import history_page, trash_of
from recognizer.selectors_history_actions import (
    SILENT,
    history_action_going_on,
    matching_count,
    query_in_time,
    trashed_at_count,
)
from recognizer.services.uploads_reread import upload_read_again, uploads_rereadable
from recognizer.services.uploads_trash import uploads_restore, uploads_trash

Kind, State = HistoryAction.Kind, HistoryAction.State

SLICE_SECONDS = 5.0
"""One job's share: other jobs wait no longer than this and one more step."""
ROWS, PICTURES = 500, 8
"""Of one step: rows are quick, pictures are read one after the other."""
AT_ONCE = 1000
"""So many rows are dealt with while the person waits."""


class _StoppedError(Exception):
    """Stopped, or somebody else's by now; undoes the step."""


def history_action_start(*, owner: User, kind: str, query: HistoryQuery, as_of: dt.datetime) -> HistoryAction:
    """Begin to delete, or to read again, all that a query finds and that was there at a moment.

    What is small enough is done at once. Raises StillWorking while another one goes on.
    """
    asked = query_in_time(query, as_of=as_of)
    return _start(owner, kind, query_as_json(asked), timezone.now(), matching_count(owner=owner, query=asked))


def history_action_undo(*, owner: User, moment: dt.datetime) -> HistoryAction:
    """Begin to bring back all that was deleted at a moment. Raises StillWorking."""
    return _start(owner, Kind.RESTORE, {}, moment, trashed_at_count(owner=owner, moment=moment))


@transaction.atomic
def _begin(owner: User, **fields: object) -> HistoryAction:
    User.objects.select_for_update().get(pk=owner.pk)  # of two requests at once, one waits here
    if history_action_going_on(owner=owner) is not None:
        raise StillWorking
    now = timezone.now()
    return HistoryAction.objects.create(owner=owner, created_at=now, heartbeat_at=now, **fields)


def _start(owner: User, kind: str, query: dict[str, object], moment: dt.datetime, total: int) -> HistoryAction:
    action = _begin(owner, kind=kind, query=query, moment=moment, total=total)
    if kind != Kind.REREAD and total <= AT_ONCE:
        history_action_advance(action=action)
    return action


def history_action_stop(*, action: HistoryAction) -> None:
    """End it before the next step; what was done by then stays."""
    _end(action, State.STOPPED)


def history_action_advance(*, action: HistoryAction) -> bool:
    """Do one slice of the work. Returns whether there is more to do; False as well where somebody else is at it."""
    now = timezone.now()
    free = Q(working=False) | Q(heartbeat_at__lt=now - SILENT)
    if not HistoryAction.objects.filter(free, id=action.id, state=State.WORKING).update(working=True, heartbeat_at=now):
        return False
    action.refresh_from_db()
    ends, step = time.monotonic() + SLICE_SECONDS, STEPS[Kind(action.kind)]
    try:
        while step(action):
            if time.monotonic() >= ends:
                HistoryAction.objects.filter(id=action.id, heartbeat_at=action.heartbeat_at).update(working=False)
                return True
    except _StoppedError:
        return False
    _end(action, State.DONE)
    action.refresh_from_db()
    return False


@transaction.atomic
def _delete_next(action: HistoryAction) -> bool:
    """What is deleted is found no more, so each step begins at the beginning."""
    page = history_page(owner=action.owner, query=query_from_json(action.query), size=ROWS)
    ids = [upload.id for upload in page.uploads]
    count, _ = uploads_trash(owner=action.owner, ids=ids, moment=action.moment)
    _note(action, done=F("done") + count)
    return page.next_cursor is not None


@transaction.atomic
def _restore_next(action: HistoryAction) -> bool:
    ids = list(trash_of(action.owner).filter(deleted_at=action.moment).values_list("id", flat=True)[:ROWS])
    _note(action, done=F("done") + uploads_restore(owner=action.owner, ids=ids))
    return len(ids) == ROWS


def _reread_next(action: HistoryAction) -> bool:
    """Reading takes long, so it is in no transaction: a step that is lost is done again."""
    cursor = action.cursor or None
    page = history_page(owner=action.owner, query=query_from_json(action.query), before=cursor, size=PICTURES)
    ids = [upload.id for upload in page.uploads]
    again = uploads_rereadable(owner=action.owner, ids=ids)
    for upload_id in again:
        upload_read_again(upload_id=upload_id)
    left_out = len(ids) - len(again)
    _note(action, done=F("done") + len(again), left_out=F("left_out") + left_out, cursor=page.next_cursor or "")
    return page.next_cursor is not None


STEPS: dict[HistoryAction.Kind, Callable[[HistoryAction], bool]] = {
    Kind.DELETE: _delete_next,
    Kind.RESTORE: _restore_next,
    Kind.REREAD: _reread_next,
}


def _note(action: HistoryAction, **fields: object) -> None:
    """Write progress down, if it is still ours to write. Raises _StoppedError, which undoes the transaction."""
    ours = HistoryAction.objects.filter(id=action.id, state=State.WORKING, heartbeat_at=action.heartbeat_at)
    if not ours.update(heartbeat_at=timezone.now(), **fields):
        raise _StoppedError
    action.refresh_from_db()


def _end(action: HistoryAction, state: str) -> None:
    HistoryAction.objects.filter(id=action.id, state=State.WORKING).update(
        state=state, working=False, finished_at=timezone.now()
    )
