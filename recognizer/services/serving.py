"""The engines that serve: loaded once a process, checked against their rows, replaced when the active model changes."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from recognizer.domain.errors import BadModel, ModelUnavailable
from recognizer.domain.types import ModelKind
from recognizer.inference.card import NETWORK_FILE
from recognizer.inference.engine import DigitEngine
from recognizer.models import ModelVersion

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """An engine, and the row that vouches for it."""

    engine: DigitEngine
    model_id: UUID

    @property
    def name(self) -> str:
        return self.engine.card.name


_lock = threading.Lock()
_engines: dict[UUID, DigitEngine] = {}


def model_directory(name: str) -> Path:
    """Where a model's files lie: trained here, or shipped with the program."""
    trained: Path = settings.TRAINED_MODELS_DIR / name
    shipped: Path = settings.SHIPPED_MODELS_DIR / name
    return trained if trained.is_dir() else shipped


def model_engine(row: ModelVersion) -> DigitEngine:
    """The engine of a registered model, loaded at most once a process.

    Raises BadModel where its files are missing, cut short or altered, or are not those that were registered.
    """
    with _lock:
        engine = _engines.get(row.id)
        if engine is None:
            engine = _engines[row.id] = engine_load(row)
        return engine


def engine_load(row: ModelVersion) -> DigitEngine:
    """Load a registered model from the disk. Raises BadModel as ``model_engine`` does."""
    engine = DigitEngine.load(model_directory(row.name))
    if engine.card.files[NETWORK_FILE] != row.sha256:
        raise BadModel(f"The files of the model {row.name} are not those that were registered.")
    return engine


def serving_model(kind: ModelKind = ModelKind.DIGIT) -> Serving:
    """The active model of a kind; the previous one where the active one cannot be loaded.

    Raises ModelUnavailable where neither can.
    """
    rows = ModelVersion.objects.filter(kind=kind, state__in=["active", "previous"]).order_by("state")
    for row in rows:  # "active" sorts before "previous"
        try:
            engine = model_engine(row)
        except BadModel as error:
            logger.error("The %s model %s cannot serve: %s", row.state, row.name, error)
            continue
        _forget_all_but([each.id for each in rows])
        return Serving(engine=engine, model_id=row.id)
    raise ModelUnavailable


def _forget_all_but(ids: list[UUID]) -> None:
    """Models that neither serve nor wait to be rolled back to need no memory."""
    with _lock:
        for gone in _engines.keys() - set(ids):
            del _engines[gone]


def engines_forget() -> None:
    """Load every engine anew from the disk when it is next needed."""
    with _lock:
        _engines.clear()
