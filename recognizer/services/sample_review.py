"""What keeps one hostile or careless person from poisoning a model: a second look, and staff who decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from recognizer.domain.errors import BadRequest
from recognizer.domain.phrases import phrase
from recognizer.inference.engine import DigitEngine
from recognizer.models import Sample
from recognizer.selectors import samples_usable
from recognizer.services.samples import SIDE, State
from recognizer.services.serving import models_serving

SURE = 0.99
"""From this confidence on, the serving model outweighs who says that a sample is something else, until staff look."""
LOOKED_AT = phrase("Looked at by staff, and right.")
"""The reason of a sample that was taken back: the second look leaves it alone."""
BATCH = 500
LONGEST_REASON = 200


def samples_drop(*, samples: QuerySet[Sample], reason: str) -> int:
    """Never use these again, whatever their contributors say; returns how many. Raises BadRequest without a reason."""
    reason = " ".join(reason.split())
    if not reason:
        raise BadRequest(phrase("Say why these samples are dropped: the reason is kept with them."))
    if len(reason) > LONGEST_REASON:
        raise BadRequest(phrase("A reason has at most {longest_reason} characters.", longest_reason=LONGEST_REASON))
    return samples.update(state=State.DROPPED, reason=reason)


def samples_take_back(*, samples: QuerySet[Sample]) -> int:
    """Use these (again): somebody looked at them, so the second look won't set them aside. Returns how many."""
    return samples.update(state=State.USED, reason=LOOKED_AT)


def samples_second_look() -> int:
    """Set aside the samples that the serving model is sure are something else, until staff decide; returns how many.

    Of those in use that nobody has looked at, the held-out ones too. Raises ModelUnavailable where no model serves.
    """
    waiting = samples_usable().filter(reason="")
    engine, aside, after = models_serving().readers.digit, 0, UUID(int=0)
    while rows := list(waiting.filter(id__gt=after).order_by("id").values_list("id", "label", "crop")[:BATCH]):
        for (label, reason), ids in _sure_to_be_wrong(engine, rows).items():
            # Only as they were looked at: a label may have changed, or staff may have decided, in between.
            same = waiting.filter(id__in=ids, label=label)
            aside += same.update(state=State.SET_ASIDE, reason=reason)
        after = rows[-1][0]
    return aside


def _sure_to_be_wrong(
    engine: DigitEngine, rows: Sequence[tuple[UUID, int, bytes | memoryview[int]]]
) -> dict[tuple[int, str], list[UUID]]:
    """Of rows of id, label and crop, the ids of the doubtful ones by label and reason."""
    ids, labels, crops = zip(*rows, strict=True)
    pictures = np.stack([np.frombuffer(bytes(crop), np.uint8).reshape(SIDE, SIDE) for crop in crops])
    table = engine.probabilities(pictures)
    read, sure = table.argmax(axis=1), table.max(axis=1)
    doubtful: dict[tuple[int, str], list[UUID]] = defaultdict(list)
    for at in np.flatnonzero((sure >= SURE) & (read != np.array(labels))):
        percent = int(1000 * float(sure[at])) / 10
        reason = phrase(
            "{name} is {percent:.1f} % sure that it is a {read}.",
            name=engine.card.name,
            percent=percent,
            read=int(read[at]),
        )
        doubtful[labels[at], reason].append(ids[at])
    return doubtful
