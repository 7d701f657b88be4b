"""Registered data sets: checked as a whole first, then a row, or nothing at all."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import User
from hdr_site.storage import sync_folder
from recognizer.domain.errors import BadDataSet, EmptyFile
from recognizer.domain.phrases import phrase
from recognizer.models import DataSet, TrainingRun
from recognizer.services.dataset_files import (
    dataset_here,
    dataset_path,
    file_beside,
    file_share,
    files_remove_soon,
    write_synced,
)
from recognizer.training.datasets import CLASSES, Parts, counts_of, find_mnist, load_parts, require_every_digit
from recognizer.training.evaluation_data import LABELS_FILE, LabelledFiles, load_evaluation_set

logger = logging.getLogger(__name__)

Role = DataSet.Role
Format = DataSet.Format

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
LEAST_TO_TRAIN = 100
LEAST_TO_TEST = CLASSES
MOST_UPLOADED_BYTES = 256 * 2**20
"""What an uploaded set may unpack to: MNIST four times over. It is unpacked in the process that serves pages."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a data set was found to be."""

    format: str
    counts: dict[str, list[int]]
    count: int
    sha256: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A registered set, and what is wrong with its files now."""

    name: str
    problem: str | None


def dataset_register(
    *,
    path: Path | None,
    role: str,
    name: str = "",
    source: str = "",
    licence: str = "",
    added_by: User | None = None,
) -> DataSet:
    """Register an ``.npz`` or a folder with ``labels.csv`` where it lies; without a path, MNIST (see ``find_mnist``).

    Raises BadDataSet with a sentence; nothing is registered then.
    """
    _require_role(role)
    place = find_mnist(path).expanduser().resolve()
    row = DataSet(
        name=name or (place.name if place.is_dir() else place.stem),
        role=role,
        path=str(place),
        source=source,
        licence=licence,
    )
    row.added_by = added_by
    _require_name(row.name)
    _describe(row, dataset_check(place, role))
    return _saved(row)


def dataset_add_upload(
    *, data: bytes, role: str, name: str, source: str = "", licence: str = "", added_by: User | None = None
) -> DataSet:
    """Store an uploaded ``.npz`` under its sha256 and register it.

    Its sizes are checked from its headers before it is unpacked. Raises EmptyFile, or BadDataSet with a sentence (the
    disk being full is one); nothing is stored or registered then.
    """
    if not data:
        raise EmptyFile
    _require_role(role)
    _require_name(name)
    row = DataSet(name=name, role=role, source=source, licence=licence, added_by=added_by)
    with file_beside() as temporary:
        write_synced(temporary, data)
        _describe(row, dataset_check(temporary, role, most_bytes=MOST_UPLOADED_BYTES))
        with transaction.atomic():
            _saved(row)
            # The sha256 is unique among the rows, so who made the row is alone with the file's name.
            os.replace(temporary, dataset_path(row))
            sync_folder(temporary.parent)
    file_share(row)
    return row


def dataset_place(given: str) -> Path:
    """What somebody names at the keyboard: a registered set, or else a path. Raises BadDataSet as ``dataset_here``."""
    row = DataSet.objects.filter(name=given).first()
    return dataset_here(row) if row else Path(given)


def dataset_in_use(row: DataSet) -> bool:
    """Whether a training that waits or runs reads it."""
    alive = (TrainingRun.State.QUEUED, TrainingRun.State.RUNNING)
    reads = Q(data_set=row) | Q(parameters__data=str(dataset_path(row)))
    return TrainingRun.objects.filter(reads, state__in=alive).exists()


def dataset_remove(*, row: DataSet) -> None:
    """Forget a set; an uploaded one's file is deleted, one registered by its path stays where it lies.

    Raises BadDataSet while a training reads it.
    """
    if dataset_in_use(row):
        raise BadDataSet(phrase("A training reads {name} just now; remove it when that has ended.", name=row.name))
    row.delete()
    if not row.path:
        files_remove_soon(row)


def datasets_verify() -> list[Verified]:
    """Compare each set's files with what was registered."""
    return [Verified(row.name, _problem(row)) for row in DataSet.objects.all()]


def dataset_check(place: Path, role: str, *, most_bytes: int | None = None) -> Checked:
    """What lies there, wholly checked for the role.

    An ``.npz`` to train on needs both parts, others ``x_test`` and ``y_test``. Raises BadDataSet with a sentence.
    """
    if place.is_dir():
        return _checked_folder(place, role)
    parts = load_parts(place, parts=parts_of(role), most_bytes=most_bytes)
    for part, samples in parts.samples.items():
        require_every_digit(samples, part, LEAST_TO_TRAIN if part == "train" else LEAST_TO_TEST)
    counts = {part: counts_of(samples) for part, samples in parts.samples.items()}
    total = sum(len(samples) for samples in parts.samples.values())
    return Checked(Format.NPZ, counts, total, parts.sha256, parts.content_sha256)


def dataset_load(row: DataSet, *, most_bytes: int | None = None) -> Parts:
    """The samples of a registered ``.npz``. Raises BadDataSet where it is gone or not what was registered."""
    parts = load_parts(dataset_here(row), parts=parts_of(row.role), most_bytes=most_bytes)
    if parts.sha256 != row.sha256:
        raise BadDataSet(phrase("{name} has changed since it was registered.", name=row.name))
    return parts


def parts_of(role: str) -> tuple[str, ...]:
    """The parts of an ``.npz`` that are of use in this role."""
    return ("train", "test") if role == Role.TRAIN else ("test",)


def _checked_folder(place: Path, role: str) -> Checked:
    if role == Role.TRAIN:
        raise BadDataSet(phrase("Nothing is trained on a folder of pictures; its role must be evaluate or gate."))
    data = load_evaluation_set(place)
    assert isinstance(data, LabelledFiles)
    text = "".join(data.texts)
    counts = [text.count(str(digit)) for digit in range(CLASSES)]
    pictures = _pictures_sha256(data)
    try:
        labels = (place / LABELS_FILE).read_bytes()
    except OSError as error:
        raise BadDataSet(phrase("{place} cannot be read.", place=place / LABELS_FILE)) from error
    whole = hashlib.sha256(hashlib.sha256(labels).digest() + bytes.fromhex(pictures)).hexdigest()
    return Checked(Format.FOLDER, {"digits": counts}, len(data.files), whole, pictures)


def _pictures_sha256(data: LabelledFiles) -> str:
    """One for the files' contents and their texts, whatever the files are called."""
    content = hashlib.sha256()
    try:
        for file, text in zip(data.files, data.texts, strict=True):
            content.update(hashlib.sha256(file.read_bytes()).digest() + hashlib.sha256(text.encode()).digest())
    except OSError as error:
        raise BadDataSet(phrase("A picture of {name} cannot be read.", name=data.name)) from error
    return content.hexdigest()


def _problem(row: DataSet) -> str | None:
    try:
        found = dataset_check(dataset_here(row), row.role)
    except BadDataSet as error:
        return str(error)
    return None if found.sha256 == row.sha256 else phrase("It has changed since it was registered.")


def _require_role(role: str) -> None:
    if role not in Role.values:
        raise BadDataSet(phrase("The role must be one of {names}.", names=", ".join(Role.values)))


def _require_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise BadDataSet(
            phrase(
                "A name has 1 to 80 letters, digits, dots, dashes or underscores, and begins with a letter or digit."
            )
        )
    if DataSet.objects.filter(name=name).exists():
        raise BadDataSet(phrase("There is a data set named {name} already; choose another name.", name=name))


def _describe(row: DataSet, found: Checked) -> None:
    row.format, row.count, row.class_counts = found.format, found.count, found.counts
    row.sha256, row.content_sha256 = found.sha256, found.content_sha256


def _saved(row: DataSet) -> DataSet:
    """Insert the row. Raises BadDataSet where its name or its file is registered already."""
    for field, told in (("source", phrase("source")), ("licence", phrase("licence"))):
        if len(getattr(row, field)) > 200:
            raise BadDataSet(phrase("The {field} must not be longer than 200 characters.", field=told))
    same = DataSet.objects.filter(sha256=row.sha256).first()
    if same is not None:
        raise BadDataSet(phrase("This data set is registered already, as {name}.", name=same.name))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise BadDataSet(phrase("A data set with this name or this content was registered just now.")) from error
    return row
