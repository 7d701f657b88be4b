"""The reports of models: those that their training left, and those made later by measuring. Found, checked, made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from hdr_site.storage import TEMPORARY_PREFIX
from recognizer.domain.errors import BadDataSet, BadModel, BadParameters, NumeralError
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelKind
from recognizer.inference.card import PLAIN_NAME, json_object
from recognizer.models import DataSet, ModelVersion
from recognizer.services.dataset_files import dataset_here
from recognizer.services.datasets import dataset_load
from recognizer.services.model_sharing import model_folder
from recognizer.services.number_reports import number_report_write
from recognizer.services.serving import engine_load
from recognizer.training.report import FORMAT, REPORT_FILE

TRAINING, MEASURING = "training", "measuring"
"""Where a report comes from: the run that made the model, or a measuring of the finished model."""
MAX_BYTES = 16 * 2**20
SECONDS = 1800
"""A measuring that takes longer is ended: MNIST's 10,000 test pictures take seconds."""
ERRORS: dict[str, type[NumeralError]] = {error.code: error for error in (BadDataSet, BadModel, BadParameters)}


@dataclass(frozen=True, slots=True)
class ModelReport:
    """A report that can be shown: where it comes from, what ``report.json`` says, and its folder."""

    source: str
    content: dict[str, Any]
    folder: Path

    @property
    def files(self) -> list[str]:
        """The files beside it that are there, as it names them; nothing outside its folder."""
        named = self.content.get("files")
        names = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
        return [name for name in names if PLAIN_NAME.fullmatch(name) and _is_own_file(self.folder / name)]


def model_report_sources(model: ModelVersion) -> list[str]:
    """The sources of which there is a report, the training's first. Raises BadModel as ``model_folder``."""
    return [source for source in (TRAINING, MEASURING) if (report_folder(model, source) / REPORT_FILE).is_file()]


def model_report_load(*, model: ModelVersion, source: str) -> ModelReport | None:
    """A model's report, or None where there is none.

    Raises BadModel where it can't be read, is half written, or is about another network.
    """
    folder = report_folder(model, source)
    path = folder / REPORT_FILE
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > MAX_BYTES:
            raise BadModel(phrase("The report ({file}) is too large to be one.", file=REPORT_FILE))
        content = json_object(path.read_bytes(), phrase("The report ({file})", file=REPORT_FILE))
    except OSError as error:
        raise BadModel(
            phrase(
                "The report ({file}) cannot be read: {reason}.",
                file=REPORT_FILE,
                reason=error.strerror or error,
            )
        ) from error
    if content.get("format") != FORMAT:
        raise BadModel(
            phrase(
                "The report has the format {given!r:.40}; this version reads {ours}.",
                given=content.get("format"),
                ours=FORMAT,
            )
        )
    if content.get("sha256") != model.sha256:
        raise BadModel(phrase("The report is about another network than the one registered: the sha256 differs."))
    return ModelReport(source, content, folder)


def model_report_file(*, model: ModelVersion, source: str, name: str) -> bytes | None:
    """The content of a file that the report names, or None. Raises BadModel as ``model_report_load``."""
    found = model_report_load(model=model, source=source)
    if found is None or name not in found.files:
        return None
    try:
        with (found.folder / name).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadModel(
            phrase("The file {name} cannot be read: {reason}.", name=name, reason=error.strerror or error)
        ) from error
    return content if len(content) <= MAX_BYTES else None


def model_report_measure(*, model: ModelVersion, data: str | None = None) -> ModelReport:
    """Measure a model on a data set and keep the report; an older measuring's report gives way.

    ``data``: a registered set's name or a path; without it MNIST for digit networks. Digit networks take an ``.npz``,
    line networks a folder with ``labels.csv`` or an ``.npz``, read by the whole reader. Raises BadModel, BadDataSet.
    """
    engine_load(model)
    row = DataSet.objects.filter(name=data).first() if data else None
    path, name = _data_place(row, data)
    place = report_folder(model, MEASURING)
    with _folder_beside(place) as folder:
        if model.kind == ModelKind.NUMBER:
            if path is None:
                raise BadDataSet(phrase("Say by --data on which pictures of numbers to measure."))
            number_report_write(model=model, path=path, name=name, output=folder)
        else:
            _measure_digits(model, path, name, folder)
        model_report_remove(name=model.name)
        os.replace(folder, place)
    found = model_report_load(model=model, source=MEASURING)
    assert found is not None
    return found


def model_report_remove(*, name: str) -> None:
    """Remove what a measuring left for a model of this name; what its training left goes with the model's folder."""
    place = reports_root() / name
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)


def report_folder(model: ModelVersion, source: str) -> Path:
    """Where a report lies: the training's beside the model, a measuring's with this installation's data, since what
    came with the program may be read-only. Raises BadModel as ``model_folder``.
    """
    return model_folder(model) if source == TRAINING else reports_root() / model.name


def reports_root() -> Path:
    """Where measurings leave their reports: the worker's machine makes them, any machine shows them."""
    root: Path = settings.FILES_DIR / "reports"
    return root


def _is_own_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _data_place(row: DataSet | None, data: str | None) -> tuple[Path | None, str]:
    """Where the data lie, and what to call them. Raises BadDataSet where a registered set has changed."""
    if row is not None:
        if row.format == DataSet.Format.NPZ:
            dataset_load(row)
        return dataset_here(row), row.name
    if data is not None:
        return Path(data).expanduser().resolve(), Path(data).stem
    return (Path(settings.MNIST_PATH), "MNIST") if settings.MNIST_PATH else (None, "MNIST")


@contextmanager
def _folder_beside(place: Path) -> Iterator[Path]:
    """A folder to fill, beside the place that it will take. Raises BadModel where the disk is full."""
    temporary: Path | None = None
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=place.parent))
        yield temporary
    except OSError as error:
        raise BadModel(phrase("The report cannot be written: {reason}.", reason=error.strerror or error)) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _measure_digits(model: ModelVersion, path: Path | None, name: str, folder: Path) -> None:
    """In a process of its own, which may load Keras and matplotlib where they are installed."""
    if path is not None and path.is_dir():
        raise BadDataSet(phrase("A digit network is measured on an .npz of 28 by 28, not on a folder of pictures."))
    wanted = {"model": str(model_folder(model)), "data": str(path) if path else None, "name": name}
    told = folder / "wanted.json"
    told.write_text(json.dumps(wanted), encoding="utf-8")
    command = [sys.executable, "-m", "recognizer.training", "report", str(told), "--output", str(folder)]
    try:
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BadDataSet(phrase("The measuring took too long and was ended.")) from error
    finally:
        told.unlink(missing_ok=True)
    if done.returncode:
        raise _error_of(done.stdout, done.stderr)


def _error_of(stdout: str, stderr: str) -> NumeralError:
    """What the child reported last; where it said nothing, the end of its log."""
    lines = stdout.strip().splitlines()
    try:
        event = json.loads(lines[-1])
        return ERRORS.get(event["code"], BadModel)(event["message"])
    except (IndexError, ValueError, KeyError, TypeError):
        return BadModel(phrase("The measuring stopped without a word. {log}", log=stderr.strip()[-500:]))
