"""Numbers that decide between line networks: written once with the gate's digits, then read by both networks."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from django.conf import settings

from accounts.models import User
from hdr_site.storage import TEMPORARY_PREFIX, sync_folder
from recognizer.domain.errors import BadDataSet, BadModel
from recognizer.domain.phrases import phrase
from recognizer.domain.types import DecodedImage, Expect
from recognizer.inference.engine import DigitEngine
from recognizer.inference.number_engine import HEIGHT, NumberEngine
from recognizer.models import DataSet, ModelVersion
from recognizer.services.dataset_files import dataset_here
from recognizer.services.datasets import dataset_check, dataset_load, dataset_register
from recognizer.services.gate_samples import FROZEN, Answers, Gate, GateSamples, gate_freeze, set_key, sets_of
from recognizer.services.model_files import folder_sync
from recognizer.services.recognise import image_read
from recognizer.services.serving import Engine, Readers, engine_load
from recognizer.training.datasets import find_mnist, keras_copy
from recognizer.training.evaluation_data import LabelledFiles, load_evaluation_set

logger = logging.getLogger(__name__)

FROZEN_NUMBERS = "gate-number"
COUNT = 500
"""Enough to see a difference of four points beyond doubt, and read by a model in some ten seconds."""
RENDERER = "recognizer.training.lines.frozen"
RENDERING_SECONDS = 300
"""It takes five."""
STRIP = np.zeros((HEIGHT, 128), np.uint8)
"""As wide as a number of five digits: what is timed."""


def gate_numbers_freeze(*, added_by: User | None = None) -> DataSet:
    """Write numbers with the frozen digits, which no training uses, and keep them as ``gate-number``, for good.

    Raises BadDataSet where they are frozen already, the digits are not, or the disk is full.
    """
    if DataSet.objects.filter(name=FROZEN_NUMBERS).exists():
        raise BadDataSet(phrase("The gate's numbers are frozen already; they are never replaced."))
    digits = DataSet.objects.filter(name=FROZEN, role=DataSet.Role.GATE).first()
    if digits is None:
        raise BadDataSet(phrase("Freeze the gate's digits first: its numbers are written with them."))
    root: Path = settings.FILES_DIR / "gate"
    place = root / FROZEN_NUMBERS
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=root))
        try:
            _render(digits, beside)
            folder_sync(beside)
            # Without a row nobody reads what a crash, or a set removed since, left there.
            shutil.rmtree(place, ignore_errors=True)
            os.replace(beside, place)
            sync_folder(root)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise BadDataSet(
            phrase("The gate's numbers cannot be written: {reason}.", reason=error.strerror or error)
        ) from error
    told = {"source": f"drawn by Numeral with the digits of {digits.name}", "licence": digits.licence}
    return dataset_register(path=place, role=DataSet.Role.GATE, name=FROZEN_NUMBERS, added_by=added_by, **told)


def gate_freeze_all(
    *, source: DataSet | None = None, path: Path | None = None, added_by: User | None = None
) -> list[DataSet]:
    """Freeze digits and numbers, or what is still missing of them, as ``gate_freeze``. Raises BadDataSet."""
    frozen = []
    have = set(DataSet.objects.filter(name__in=[FROZEN, FROZEN_NUMBERS]).values_list("name", flat=True))
    if FROZEN not in have or FROZEN_NUMBERS in have:
        frozen.append(gate_freeze(source=source, path=path, added_by=added_by))
    if FROZEN_NUMBERS not in have:
        frozen.append(gate_numbers_freeze(added_by=added_by))
    return frozen


def gate_freeze_after_training(*, source: DataSet | None = None, path: str | None = None) -> None:
    """Freeze digits and numbers once a training has used a set that is good for it: MNIST, or one like it.

    It was a registered set, or lies at ``path``; without either it was Keras's copy of MNIST. Whatever is wrong with it
    is no reason for the training to fail.
    """
    if DataSet.objects.filter(name__in=[FROZEN, FROZEN_NUMBERS]).count() == 2:
        return
    try:
        if source is None:
            place = Path(path) if path else find_mnist(download=keras_copy)
            source = DataSet.objects.filter(path=str(place), role=DataSet.Role.TRAIN).first()
            gate_freeze_all(source=source, path=place)
        else:
            gate_freeze_all(source=source)
    except BadDataSet as error:
        logger.info("The gate's samples are not frozen: %s", error)


def gate_numbers(*, digit_model: ModelVersion | None) -> Gate:
    """Every folder with the role ``gate``, read together with the digit model that serves.

    Raises BadModel where that cannot be loaded.
    """
    if digit_model is None:
        raise BadModel(phrase("No digit model serves, which a line network reads together with."))
    engine = engine_load(digit_model)
    assert isinstance(engine, DigitEngine)
    found, missing = sets_of(DataSet.Format.FOLDER, lambda row: _of_folder(row, engine, digit_model.sha256))
    return Gate(found, missing, _looks_of, "number")


def _of_folder(row: DataSet, digits: DigitEngine, digits_sha256: str) -> GateSamples:
    """Raises BadDataSet where a file is gone or changed."""
    place = Path(row.path)
    if dataset_check(place, row.role).sha256 != row.sha256:
        raise BadDataSet(phrase("It has changed since it was registered."))
    data = load_evaluation_set(place)
    assert isinstance(data, LabelledFiles)

    def ask(engine: Engine) -> Answers:
        assert isinstance(engine, NumberEngine)
        readers = Readers(digits, engine)
        answers = [_read(file, readers) for file in data.files]
        right = [text == _digits_only(truth) for (text, _), truth in zip(answers, data.texts, strict=True)]
        return np.array([confidence for _, confidence in answers]), np.array(right, bool)

    digest = hashlib.sha256(f"{row.sha256} {digits_sha256}".encode()).hexdigest()
    return GateSamples(set_key(row), row.name, digest, len(data.files), ask)


def _read(file: Path, readers: Readers) -> tuple[str, float]:
    """The digits on a picture, and how sure that is. Raises BadDataSet for what is no picture."""
    gray = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if gray is None:
        raise BadDataSet(phrase("{name} is no picture that can be read.", name=file.name))
    height, width = gray.shape
    image = DecodedImage(np.asarray(gray, np.uint8), width, height, 1.0, b"", "", b"")
    reading = image_read(image=image, expect=Expect(), readers=readers)
    return _digits_only(reading.text), reading.confidence


def _digits_only(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _looks_of(engine: Engine) -> object:
    assert isinstance(engine, NumberEngine)
    return engine.looks(STRIP)


def _render(digits: DataSet, folder: Path) -> None:
    """Pictures and their ``labels.csv``, drawn by a child process. Raises BadDataSet."""
    dataset_load(digits)
    command = [sys.executable, "-m", RENDERER, str(dataset_here(digits)), str(folder), str(COUNT)]
    try:
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False, timeout=RENDERING_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise BadDataSet(phrase("Writing the gate's numbers takes too long.")) from error
    if done.returncode:
        raise BadDataSet(
            phrase(
                "The gate's numbers cannot be written: {reason:.200}",
                reason=done.stderr.strip().rpartition(chr(10))[2],
            )
        )
