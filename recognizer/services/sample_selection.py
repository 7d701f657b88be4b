"""What of people's samples a training is given: of people who agree now, nobody's too many, none that is held out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import Count, QuerySet
from numpy.typing import NDArray

from recognizer.domain.errors import BadModel, BadParameters, ModelUnavailable
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelKind
from recognizer.models import Sample
from recognizer.selectors import samples_usable, serving_models
from recognizer.services.model_files import model_directory
from recognizer.services.sample_collection import samples_collect
from recognizer.services.sample_review import samples_second_look
from recognizer.services.samples import SIDE
from recognizer.training.checkpoints import CHECKPOINTS
from recognizer.training.corrected import CORRECTIONS_FILE
from recognizer.training.datasets import load_parts
from recognizer.training.files import write_atomically
from recognizer.training.parameters import TrainingParameters
from recognizer.training.presets import ARCHITECTURES

BATCH = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """How many samples a training is given, of how many people, and how many are too many of theirs."""

    samples: int
    people: int
    beyond_cap: int


def corrections_parameters(parameters: dict[str, Any], *, teach_serving: bool) -> dict[str, Any]:
    """Parameters of a training that takes people's samples in, shown beside the data.

    ``teach_serving``: the serving digit model learns them gently, in place of the network that the parameters name.
    Raises BadParameters for a line network, and BadModel where the serving model has no weights to go on from.
    """
    taken = {**parameters, "corrections": CORRECTIONS_FILE, **(_serving_weights() if teach_serving else {})}
    known = ARCHITECTURES.get(taken["architecture"])
    if known is not None and known.kind != ModelKind.DIGIT:
        raise BadParameters(phrase("Corrections are single digits: only digit networks learn from them."))
    return taken


def samples_prepare(*, parameters: TrainingParameters, folder: Path) -> Chosen | None:
    """Write the samples into a run's folder, where its parameters ask for them; one that goes on keeps what it has.

    Before, what was corrected so far is collected and looked at a second time. Raises BadParameters where there is
    nothing to learn from, or where one that goes on has samples that may not be used any more; BadModel where no model
    can take the second look.
    """
    if parameters.corrections is None:
        return None
    place = folder / CHECKPOINTS / parameters.corrections
    if parameters.resume and place.is_file():
        _require_still_given(place)
        return None
    samples_collect()
    try:
        samples_second_look()
    except ModelUnavailable as error:
        raise BadModel(
            phrase("No digit model serves that could look at the corrections first. Activate one.")
        ) from error
    return samples_write(place=place)


def samples_write(*, place: Path) -> Chosen:
    """Write what may be learned from to an ``.npz``: ``x_train``, ``y_train`` and ``people``, how many gave them.

    Raises BadParameters where that is nothing.
    """
    chosen = samples_within_cap(rows=_learnable(), allowed=settings.CORRECTIONS_PER_PERSON)
    pictures, labels, people = _arrays(chosen)
    if not len(labels):
        raise BadParameters(
            phrase(
                "There is nothing to learn from: nobody who agrees to it has corrected or confirmed a reading"
                " whose picture was kept, or all such samples are held out, set aside or dropped."
            )
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(place, lambda path: np.savez(path, x_train=pictures, y_train=labels, people=people))
    return Chosen(len(labels), people, _learnable().count() - len(chosen))


def samples_within_cap(*, rows: QuerySet[Sample], allowed: int) -> list[UUID]:
    """Of each person at most the cap, by hash: not for the contributor to choose, and the same next time."""
    by_person = rows.order_by().values("contributor").annotate(count=Count("id"))
    cap = person_cap(list(by_person.values_list("count", flat=True)), allowed)
    of_each: Counter[int] = Counter()
    chosen = []
    for sample_id, contributor in rows.order_by("sha256", "id").values_list("id", "contributor"):
        of_each[contributor] += 1
        if of_each[contributor] <= cap:
            chosen.append(sample_id)
    return chosen


def person_cap(counts: Collection[int], allowed: int) -> int:
    """The most samples that are taken of one person, where each person has so many: never fewer than ``allowed``.

    A share of all that is then taken (a setting): who gives ten thousand must not raise their own limit by it.
    """
    cap = sum(counts)
    while True:
        taken = sum(min(count, cap) for count in counts)
        lower = max(allowed, int(settings.CORRECTIONS_SHARE_PER_PERSON * taken))
        if lower >= cap:
            return max(cap, allowed)
        cap = lower


def _learnable() -> QuerySet[Sample]:
    """Samples that a training may see now."""
    return samples_usable().filter(held_out=False)


def _arrays(chosen: Sequence[UUID]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], int]:
    """Crops, labels and the number of people; who has withdrawn since they were chosen is not in it."""
    rows: list[tuple[bytes | memoryview[int], int, int]] = []
    for at in range(0, len(chosen), BATCH):
        some = _learnable().filter(id__in=chosen[at : at + BATCH]).order_by("sha256", "id")
        rows += some.values_list("crop", "label", "contributor")
    pictures = np.frombuffer(b"".join(bytes(crop) for crop, _, _ in rows), np.uint8).reshape(-1, SIDE, SIDE)
    labels = np.array([label for _, label, _ in rows], np.uint8)
    return pictures, labels, len({person for _, _, person in rows})


def _require_still_given(place: Path) -> None:
    """Raises BadParameters where somebody has withdrawn, or staff dropped, what a training began with."""
    samples = load_parts(place, parts=("train",)).samples["train"]
    begun_with = {hashlib.sha256(picture.tobytes()).hexdigest() for picture in samples.pictures}
    if begun_with - set(_learnable().values_list("sha256", flat=True)):
        raise BadParameters(
            phrase("Samples that this training began with were withdrawn, dropped or set aside since. Start it anew.")
        )


def _serving_weights() -> dict[str, Any]:
    serving = next((model for model in serving_models() if model.kind == ModelKind.DIGIT), None)
    if serving is None:
        raise BadModel(phrase("No digit model serves, so there is none to teach. Name an architecture to train anew."))
    weights = model_directory(serving.name) / "model.keras"
    if not weights.is_file():
        raise BadModel(
            phrase(
                "The serving model {name} has no model.keras to go on from. Name an architecture to train anew.",
                name=serving.name,
            )
        )
    return {"architecture": serving.architecture, "init": str(weights.resolve())}
