"""Reports that somebody asked for in the browser: noted, measured by the worker, and what came of it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.utils import timezone

from hdr_site.storage import write_synced
from recognizer.domain.errors import BadModel, NumeralError
from recognizer.domain.phrases import phrase
from recognizer.models import DataSet, ModelVersion
from recognizer.services.model_reports import SECONDS, model_report_measure, reports_root

PATIENCE = dt.timedelta(seconds=SECONDS)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What was asked for, and why nothing came of it ("" while it may still come)."""

    data: str
    problem: str


def model_report_request(*, model: ModelVersion, data_set: DataSet) -> None:
    """Note that a measuring is wanted; the caller hands it to the worker. Raises BadModel where the disk is full."""
    _note(model, data_set.name, "")


def model_report_requested(*, model: ModelVersion) -> ReportRequest | None:
    """The measuring that was asked for and is not done; None where there is none, or its worker is long gone."""
    try:
        told = json.loads(_place(model).read_text(encoding="utf-8"))
        since = dt.datetime.fromisoformat(told["at"])
        request = ReportRequest(str(told["data"]), str(told["problem"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    lost = not request.problem and timezone.now() - since > PATIENCE
    return ReportRequest(request.data, phrase("The measuring broke off.")) if lost else request


def model_report_carry_out(*, model_id: UUID, data: str) -> None:
    """The worker's part. What is wrong is noted for those who asked."""
    model = ModelVersion.objects.filter(id=model_id).first()
    if model is None:
        return
    try:
        model_report_measure(model=model, data=data)
    except NumeralError as error:
        _note(model, data, str(error))
    else:
        _place(model).unlink(missing_ok=True)


def _note(model: ModelVersion, data: str, problem: str) -> None:
    place = _place(model)
    told = {"at": timezone.now().isoformat(), "data": data, "problem": problem}
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_synced(place, json.dumps(told).encode())
    except OSError as error:
        raise BadModel(phrase("The report cannot be written: {reason}.", reason=error.strerror or error)) from error


def _place(model: ModelVersion) -> Path:
    return reports_root() / f"{model.id}.json"
