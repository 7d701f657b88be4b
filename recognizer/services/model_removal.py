"""Models that are done with: archived, brought back, deleted. Never one that serves or waits to."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError

from recognizer.domain.errors import CannotRemove
from recognizer.domain.phrases import phrase
from recognizer.models import ModelVersion
from recognizer.services.model_files import folder_remove
from recognizer.services.model_reports import model_report_remove
from recognizer.services.model_sharing import shelf_clear, shelf_of

State = ModelVersion.State


def model_archive(*, model: ModelVersion) -> ModelVersion:
    """Put a model aside: it stays with its files, for the readings that it made, but can't be activated.

    Raises CannotRemove for a model that serves or waits to.
    """
    return _state_change(model, State.ARCHIVED)


def model_restore(*, model: ModelVersion) -> ModelVersion:
    """Make an archived model a candidate again. Raises CannotRemove where it is gone, or serves."""
    return _state_change(model, State.CANDIDATE)


@transaction.atomic
def _state_change(model: ModelVersion, state: str) -> ModelVersion:
    row = _idle(model)
    row.state = state
    row.save(update_fields=["state"])
    return row


def model_delete(*, model: ModelVersion) -> None:
    """Delete a model's row; its files go once the row is gone for good.

    Raises CannotRemove for a model that serves or waits to, came with the program, or made readings that are kept.
    """
    if is_shipped(model.name):
        raise CannotRemove(
            phrase("The model {name} came with the program and would come back. Archive it instead.", name=model.name)
        )
    with transaction.atomic():
        row = _idle(model)
        shelf = shelf_of(row)
        try:
            row.delete()
        except ProtectedError as error:
            raise CannotRemove(
                phrase("Readings that are kept name the model {name}. Archive it instead.", name=model.name)
            ) from error
        transaction.on_commit(lambda: folder_remove(row.name), robust=True)
        transaction.on_commit(lambda: shelf_clear(shelf), robust=True)
        transaction.on_commit(lambda: model_report_remove(name=row.name), robust=True)


def is_shipped(name: str) -> bool:
    """Whether a model's folder came with the program: nobody's to delete."""
    return bool((settings.SHIPPED_MODELS_DIR / name).is_dir())


def _idle(model: ModelVersion) -> ModelVersion:
    """The model's row, locked with all of its kind, so that nobody activates it meanwhile."""
    rows = ModelVersion.objects.filter(kind=model.kind).select_for_update().order_by("id")
    row = {each.id: each for each in rows}.get(model.id)
    if row is None:
        raise CannotRemove(phrase("The model {name} is gone already.", name=model.name))
    if row.state == State.ACTIVE:
        raise CannotRemove(phrase("The model {name} reads now. Activate another one first.", name=model.name))
    if row.state == State.PREVIOUS:
        raise CannotRemove(
            phrase("The model {name} is the one to roll back to. Activate another one first.", name=model.name)
        )
    return row
