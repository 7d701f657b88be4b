"""The engines that serve: loaded once a process, checked against their rows, replaced when the active model changes."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from recognizer.domain.errors import BadModel, ModelUnavailable
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelCard, ModelKind
from recognizer.inference.card import NETWORK_FILE, load_card
from recognizer.inference.engine import DigitEngine
from recognizer.inference.number_engine import NumberEngine
from recognizer.models import ModelVersion
from recognizer.services.model_sharing import model_folder

logger = logging.getLogger(__name__)

Engine = DigitEngine | NumberEngine
Kind = TypeVar("Kind", DigitEngine, NumberEngine)
ENGINES: dict[ModelKind, type[DigitEngine] | type[NumberEngine]] = {
    ModelKind.DIGIT: DigitEngine,
    ModelKind.NUMBER: NumberEngine,
}


@dataclass(frozen=True, slots=True)
class Readers:
    """The networks that read together. Without a line network, the digits' reads alone."""

    digit: DigitEngine
    number: NumberEngine | None = None

    @property
    def cards(self) -> list[ModelCard]:
        """The line network's first, where there is one: its threshold decides."""
        return [engine.card for engine in (self.number, self.digit) if engine is not None]


@dataclass(frozen=True, slots=True)
class Serving:
    """The engines that serve, and the rows that vouch for them."""

    readers: Readers
    digit_id: UUID
    number_id: UUID | None = None


_lock = threading.Lock()
_engines: dict[UUID, Engine] = {}


def network_file(row: ModelVersion) -> Path:
    """A model's LiteRT file. Raises BadModel as ``model_folder``."""
    return model_folder(row) / NETWORK_FILE


def engine_from(directory: Path) -> Engine:
    """The engine of the kind that the card in ``directory`` names. Raises BadModel."""
    return ENGINES[load_card(directory).kind].load(directory)


def model_engine(row: ModelVersion) -> Engine:
    """The engine of a registered model, loaded at most once a process.

    Raises BadModel where its files are missing, cut short or altered, or are not those that were registered.
    """
    with _lock:
        engine = _engines.get(row.id)
        if engine is None:
            engine = _engines[row.id] = engine_load(row)
        return engine


def engine_load(row: ModelVersion) -> Engine:
    """Load a registered model from the disk. Raises BadModel as ``model_engine`` does."""
    engine = engine_from(model_folder(row))
    if engine.card.files[NETWORK_FILE] != row.sha256:
        raise BadModel(phrase("The files of the model {name} are not those that were registered.", name=row.name))
    return engine


def models_serving() -> Serving:
    """The active model of each kind; the previous one where the active one cannot be loaded.

    Without a line network that loads, digits are read one by one. Raises ModelUnavailable where no digit network loads.
    """
    # "active" sorts before "previous".
    rows = list(ModelVersion.objects.filter(state__in=["active", "previous"]).order_by("kind", "state"))
    digit, digit_id = _first_that_loads(rows, DigitEngine, ModelKind.DIGIT)
    number, number_id = _first_that_loads(rows, NumberEngine, ModelKind.NUMBER)
    _forget_all_but([row.id for row in rows])
    if digit is None or digit_id is None:
        raise ModelUnavailable
    return Serving(readers=Readers(digit, number), digit_id=digit_id, number_id=number_id)


def _first_that_loads(
    rows: list[ModelVersion], engine_type: type[Kind], kind: ModelKind
) -> tuple[Kind | None, UUID | None]:
    for row in rows:
        if row.kind == kind:
            try:
                engine = model_engine(row)
            except BadModel as error:
                logger.error("The %s model %s cannot serve: %s", row.state, row.name, error)
                continue
            if isinstance(engine, engine_type):
                return engine, row.id
    return None, None


def _forget_all_but(ids: list[UUID]) -> None:
    """Models that neither serve nor wait to be rolled back to need no memory."""
    with _lock:
        for gone in _engines.keys() - set(ids):
            del _engines[gone]


def engines_forget() -> None:
    """Load every engine anew from the disk when it is next needed."""
    with _lock:
        _engines.clear()
