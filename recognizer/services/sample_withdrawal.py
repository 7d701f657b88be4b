"""Taking samples back: a person's rows, and the copies that unfinished trainings have."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Set as AbstractSet
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.models import User
from recognizer.domain.errors import BadDataSet
from recognizer.models import Sample
from recognizer.training.checkpoints import CHECKPOINTS
from recognizer.training.corrected import CORRECTIONS_FILE
from recognizer.training.datasets import load_parts

logger = logging.getLogger(__name__)


def samples_forget(*, contributor: User) -> int:
    """Withdraw a person's consent and delete all samples of theirs; returns how many there were.

    Files of trainings that have not ended well and hold some of them go too: such a training can't be gone on with.
    """
    with transaction.atomic():
        User.objects.filter(pk=contributor.pk).update(training_consent=False)
        given = Sample.objects.filter(contributor=contributor)
        hashes = set(given.values_list("sha256", flat=True))
        given.delete()
        transaction.on_commit(lambda: _files_remove(hashes), robust=True)
    contributor.training_consent = False
    return len(hashes)


def _files_remove(hashes: AbstractSet[str]) -> None:
    root: Path = settings.TRAINING_RUNS_DIR
    for place in root.glob(f"*/{CHECKPOINTS}/{CORRECTIONS_FILE}"):
        try:
            if _holds_some(place, hashes):
                place.unlink(missing_ok=True)
        except (OSError, BadDataSet) as error:
            logger.warning("Corrections of an unfinished training stay behind, %s: %s", place, error)


def _holds_some(place: Path, hashes: AbstractSet[str]) -> bool:
    pictures = load_parts(place, parts=("train",)).samples["train"].pictures
    return any(hashlib.sha256(picture.tobytes()).hexdigest() in hashes for picture in pictures)
