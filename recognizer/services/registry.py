"""Registered models: register, activate, roll back, verify. The only writer of ``ModelVersion``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import BadModel, BadRequest, CannotActivate, GateRefuses
from recognizer.domain.phrases import phrase
from recognizer.domain.types import KIND_WORDS, ModelCard, ModelKind
from recognizer.inference.card import CARD_FILE, NETWORK_FILE, load_card
from recognizer.models import Activation, ModelVersion
from recognizer.services.gate import gate_compare
from recognizer.services.model_files import files_copy, folder_beside, folder_place, model_directory
from recognizer.services.model_sharing import model_publish_soon
from recognizer.services.serving import engine_from, engine_load, network_file
from recognizer.wording import said, say

State = ModelVersion.State
Decision = Activation.Decision
CHANGED_MEANWHILE = phrase("Somebody else changed the serving model just now. Look again, then decide.")


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a registered model's files are what was registered."""

    name: str
    kind: str
    state: str
    problem: str | None


def version_next(kind: ModelKind) -> int:
    """The version that the next model of a kind gets."""
    newest = ModelVersion.objects.filter(kind=kind).aggregate(newest=Max("version"))["newest"]
    return int(newest or 0) + 1


def model_register(*, directory: Path, version: int | None = None) -> ModelVersion:
    """Register the model in ``directory`` as a candidate, after loading it once and checking its checksum.

    A model from elsewhere is copied to where trained models live. ``version``: another one than the card's.
    Raises BadModel with a sentence: files missing or altered, a name or version that is taken, a full disk.
    """
    card = engine_from(directory).card
    name_check(card.name)
    if directory.resolve() == model_directory(card.name).resolve():
        return _row_make(card, version)
    with folder_beside() as folder:
        files_copy(directory, folder)
        row = folder_place(folder, card.name, lambda: _row_make(card, version))
    model_publish_soon(row)
    return row


def model_move_in(*, folder: Path) -> ModelVersion:
    """Register the model in a ``folder_beside`` and give the folder its name. Raises BadModel as ``model_register``."""
    card = engine_from(folder).card
    row = folder_place(folder, card.name, lambda: _row_make(card))
    model_publish_soon(row)
    return row


def name_check(name: str) -> None:
    """Raises BadModel where a model has this name."""
    if ModelVersion.objects.filter(name=name).exists():
        raise BadModel(phrase("A model named {name} is registered already.", name=name))


def version_free(kind: ModelKind, version: int) -> int:
    """This version of a kind, or the next one where it is taken."""
    return version_next(kind) if ModelVersion.objects.filter(kind=kind, version=version).exists() else version


def _row_make(card: ModelCard, version: int | None = None) -> ModelVersion:
    version = version or card.version
    try:
        with transaction.atomic():
            return _row_from_card(card, version)
    except IntegrityError as error:
        name_check(card.name)  # somebody else's, a moment ago
        raise BadModel(
            phrase(
                "Version {version} of the {kind} models is registered already.",
                version=version,
                kind=KIND_WORDS[card.kind],
            )
        ) from error


def _row_from_card(card: ModelCard, version: int) -> ModelVersion:
    return ModelVersion.objects.create(
        name=card.name,
        kind=card.kind,
        version=version,
        architecture=card.architecture,
        sha256=card.files[NETWORK_FILE],
        metrics=card.metrics,
        card=card.raw,
        temperature=card.temperature,
        threshold=card.threshold,
    )


def shipped_models_register() -> list[ModelVersion]:
    """Register the models that came with the program; where a kind has no active model, activate its newest.

    Safe to run at every start.
    """
    root: Path = settings.SHIPPED_MODELS_DIR
    known = set(ModelVersion.objects.values_list("name", flat=True))
    folders = sorted(path.parent for path in root.glob(f"*/{CARD_FILE}"))
    new = [_shipped_register(folder) for folder in folders if folder.name not in known]
    for kind in ModelKind:
        of_kind = ModelVersion.objects.filter(kind=kind).exclude(state=State.ARCHIVED)
        newest = of_kind.order_by("-version").first()
        if newest and not of_kind.filter(state=State.ACTIVE).exists():
            model_activate(model=newest)
    return new


def _shipped_register(folder: Path) -> ModelVersion:
    """A version that a model of this installation took in the meantime must not keep an upgrade from starting."""
    card = load_card(folder)
    return model_register(directory=folder, version=version_free(card.kind, card.version))


def model_activate(*, model: ModelVersion, by: User | None = None, reason: str = "") -> ModelVersion:
    """Make a model serve, if the gate lets it. The one that served becomes the previous one, to be rolled back to.

    ``reason``: why it is to serve although the gate refuses it; it is kept. Raises GateRefuses where the gate does and
    no reason is given, BadModel where the model's files are not fit to serve, BadRequest for an endless reason, and
    CannotActivate where it is archived or somebody else changed the serving model at the same moment.
    """
    reason = _reason_clean(reason)
    known = ModelVersion.objects.filter(id=model.id).first()
    if known is not None and known.state == State.ACTIVE:
        engine_load(known)
        return known
    _require_activatable(known, model.name)
    verdict = gate_compare(model=model)
    if verdict.decision == "refused" and not reason:
        raise GateRefuses(phrase("{sentence} To activate it all the same, say why.", sentence=verdict.sentence))
    decision = Decision.OVERRIDDEN if verdict.decision == "refused" else Decision(verdict.decision)
    serving_id = verdict.serving.id if verdict.serving else None
    record = Activation(by=by, decision=decision, reason=reason, outcome=verdict.as_json())
    return _switch(model, record, lambda active_id: active_id == serving_id)


def activated_sentence(model: ModelVersion) -> str:
    """That a model is active now and, where nothing was compared or the gate was overridden, that too."""
    newest = model.activations.first()
    if newest is None or newest.decision not in (Decision.NOT_COMPARED, Decision.OVERRIDDEN):
        return say("The model {model} is active now.", model=model)
    why = " ".join(said(sentence) for sentence in newest.outcome.get("sentences", []))
    return say("The model {model} is active now. {why}", model=model, why=why)


def model_rollback(*, kind: str, by: User | None = None) -> ModelVersion:
    """Serve with the previous model again; the two change places. The gate is not asked: this is the way out.

    Raises CannotActivate where there is none, BadModel where its files are not fit to serve.
    """
    previous = ModelVersion.objects.filter(kind=kind, state=State.PREVIOUS).first()
    if previous is None:
        raise CannotActivate(
            phrase("There is no previous {kind} model to roll back to.", kind=KIND_WORDS.get(kind, kind))
        )
    engine_load(previous)
    return _switch(previous, Activation(by=by, decision=Decision.ROLLED_BACK), lambda active_id: True)


def _switch(model: ModelVersion, record: Activation, as_expected: Callable[[UUID | None], bool]) -> ModelVersion:
    """Change what serves, and keep the record of it. ``as_expected`` is asked about the id of what serves until now."""
    try:
        with transaction.atomic():
            rows = ModelVersion.objects.filter(kind=model.kind)
            locked = {row.id: row for row in rows.select_for_update().order_by("id")}
            candidate = _require_activatable(locked.get(model.id), model.name)
            active = next((row for row in locked.values() if row.state == State.ACTIVE), None)
            if candidate.state != State.ACTIVE:
                if not as_expected(active.id if active else None):
                    raise CannotActivate(CHANGED_MEANWHILE)
                # In this order the constraints hold at every statement: the previous place is vacated (by the
                # candidate itself in a roll back), then taken by the model that served, then the active place.
                rows.filter(state=State.PREVIOUS).update(state=State.CANDIDATE)
                rows.filter(state=State.ACTIVE).update(state=State.PREVIOUS)
                candidate.state, candidate.activated_at = State.ACTIVE, timezone.now()
                candidate.save(update_fields=["state", "activated_at"])
                record.at, record.kind = candidate.activated_at, candidate.kind
                record.model, record.model_name = candidate, candidate.name
                record.previous, record.previous_name = active, active.name if active else ""
                record.save(force_insert=True)
            return candidate
    except IntegrityError as error:
        raise CannotActivate(CHANGED_MEANWHILE) from error


def _require_activatable(row: ModelVersion | None, name: str) -> ModelVersion:
    if row is None:
        raise CannotActivate(phrase("The model {name} was deleted.", name=name))
    if row.state == State.ARCHIVED:
        raise CannotActivate(phrase("The model {name} is archived.", name=name))
    return row


def _reason_clean(reason: str) -> str:
    reason = " ".join(reason.split())
    if len(reason) > Activation.REASON_LENGTH:
        raise BadRequest(phrase("A reason has at most {most} characters.", most=Activation.REASON_LENGTH))
    return reason


def _problem(model: ModelVersion) -> str | None:
    try:
        engine_load(model)
    except BadModel as error:
        return str(error)
    return None


def models_verify() -> list[Verified]:
    """Load every registered model from the disk and compare its checksum; archived ones too."""
    rows = ModelVersion.objects.order_by("kind", "version")
    return [Verified(name=row.name, kind=row.kind, state=row.state, problem=_problem(row)) for row in rows]


def serving_checksums() -> list[Verified]:
    """The checksums alone of what serves or waits to: cheap enough for ``/readyz``."""
    rows = ModelVersion.objects.filter(state__in=[State.ACTIVE, State.PREVIOUS]).order_by("kind", "state")
    return [Verified(row.name, row.kind, row.state, _checksum_problem(row)) for row in rows]


def _checksum_problem(row: ModelVersion) -> str | None:
    try:
        digest = hashlib.sha256(network_file(row).read_bytes()).hexdigest()
    except BadModel as error:
        return str(error)
    except OSError:
        return phrase("The model {name} lacks its network.", name=row.name)
    return None if digest == row.sha256 else phrase("The network of the model {name} was altered.", name=row.name)
