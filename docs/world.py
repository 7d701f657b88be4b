"""A small, made-up world for the pictures of the pages: people, papers that our own hands wrote, what was read of them.

Everything is drawn on the spot; no data set is needed. Django must be set up, on a database of its own.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import numpy as np
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.domain.types import Source
from recognizer.models import DataSet, ModelVersion, Prediction, Reread, RereadChange, TrainingRun, Upload
from recognizer.services.datasets import dataset_add_upload
from recognizer.services.gate import gate_measure_missing
from recognizer.services.ingest import picture_ingest
from recognizer.services.model_reports import model_report_measure
from recognizer.services.review import prediction_correct
from recognizer.services.sheets import sheet_confirm, sheet_read
from recognizer.services.uploads_trash import uploads_trash
from recognizer.tests.pictures import Picture, as_jpeg, as_png, coloured
from recognizer.tests.sample_pages import (
    chequered,
    clear_hand,
    column,
    form,
    lay,
    note,
    on_paper,
    photo,
    ruled,
    written,
)
from recognizer.tests.teaching_pictures import drawn, filled, photographed
from recognizer.training.hands import Hand
from recognizer.vision.normalise import normalise_ink

World = dict[str, dict[str, Any]]
"""What fills the routes of ``docs.pages``, by the names there."""

CREAM, BLUE = (255, 247, 228), (16, 20, 74)
LONG = "a photograph of the delivery note of the twenty-first of November, second copy, with a stamp.jpg"


def build() -> tuple[World, dict[str, User]]:
    """Make all of it; returns what the pages are given, and the people."""
    people = {
        "alice": User.objects.create_user("alice@numeral.example", name="Alice", training_consent=True),
        "bob": User.objects.create_user("bob@numeral.example", name="Bob"),
        "charlie": User.objects.create_superuser("charlie@numeral.example", name="Charlie"),
    }
    world = papers(people["alice"])
    world |= teaching(people["alice"])
    world |= staff(people["charlie"])
    return world, people


def papers(alice: User) -> World:
    """Some two dozen uploads of three weeks, the named ones last; two of them in the trash."""
    rng = np.random.default_rng(7)
    usual = [give(alice, as_png(note(str(rng.integers(3, 99_999)), seed=seed))) for seed in range(12)]
    usual += [give(alice, as_jpeg(photo(scrawl(seed), seed=seed))) for seed in range(4)]
    uploads = {
        "blank": give(alice, as_png(np.full((300, 400), 244, np.uint8))),
        "text": give(alice, as_png(note("8 203")), keep=Keep.TEXT),
        "corrected": give(alice, as_png(note("1998", seed=3))),
        "form": give(alice, as_jpeg(form()), name=LONG),
        "cheque": give(alice, as_jpeg(chequered(note("18.767", 70)))),
        "column": give(alice, as_png(column(("40,10", "813,50", "26", "1 204")))),
        "doubtful": give(alice, as_jpeg(photo(scrawl(11), seed=11))),
        "photo": give(alice, as_jpeg(coloured(two_numbers(), CREAM, BLUE)), name="receipt.jpg"),
    }
    doubt(uploads["doubtful"])
    for upload in usual[12:]:
        doubt(upload)
    prediction_correct(prediction=uploads["corrected"].predictions.all()[0], author=alice, text="1993")
    in_order = [*usual, *uploads.values()]
    for step, upload in enumerate(reversed(in_order)):
        at = timezone.now() - dt.timedelta(hours=20 * step, minutes=7 * step)
        Upload.objects.filter(id=upload.id).update(created_at=at)
    uploads_trash(owner=alice, ids=[usual[0].id, usual[1].id])
    world: World = {name: {"upload_id": upload.id} for name, upload in uploads.items()}
    number = uploads["photo"].predictions.all()[0]
    world["digit"] = {"prediction_id": number.id, "order": 1}
    world["admin_upload"] = {"object_id": uploads["photo"].id}
    return world


def two_numbers() -> Picture:
    """4027 and 813,50 on ruled paper, photographed."""
    ink = np.zeros((360, 560), np.uint8)
    lay(ink, written("4027", 60, clear_hand({7: "crossed"}, slant=8.0), seed=1), (130, 74))
    lay(ink, written("813,50", 60, clear_hand({1: "flagged"}, slant=8.0, spacing=0.0), seed=5), (180, 178))
    return photo(ruled(on_paper(ink), step=80, first=60, level=96), darkest=0.7)


def scrawl(seed: int) -> Picture:
    """A number in a hand that is anybody's."""
    rng = np.random.default_rng(seed)
    return note(str(rng.integers(100, 99_999)), 80, Hand.sample(rng), seed=seed)


def give(owner: User, data: bytes, *, keep: Keep = Keep.ALL, name: str = "") -> Upload:
    upload = picture_ingest(data=data, owner=owner, keep=keep, source=Source.FILE, name=name).upload
    assert upload is not None
    return upload


def doubt(upload: Upload) -> None:
    """Have the reading doubted, whatever the models thought: pages in doubt must be seen as well."""
    found = upload.predictions.all()
    for row in found:
        confidence = 0.41 + 0.08 * (row.box_x % 5)
        Prediction.objects.filter(id=row.id).update(state=Prediction.State.NEEDS_REVIEW, confidence=confidence)
    if found:
        Upload.objects.filter(id=upload.id).update(state=Upload.State.NEEDS_REVIEW, confidence=0.41)


def teaching(alice: User) -> World:
    """One sheet whose digits were given, and one that waits for the glance, with a slip on it."""
    given = sheet_read(data=as_jpeg(photographed(filled(drawn()), angle=2)), owner=alice)
    sheet_confirm(sheet=given, chosen=range(100), agrees=True)
    odd = {(4, 9): None, (8, 2): 3}
    second = filled(drawn(lambda row, place: odd.get((row, place), row), pen=9))
    waiting = sheet_read(data=as_jpeg(photographed(second, angle=4, tilt=(0.05, 0.1))), owner=alice)
    return {"sheet": {"sheet_id": waiting.id}}


def staff(charlie: User) -> World:
    """Data sets, a model measured on one of them, two trainings, one under way, a look at stored readings."""
    hands = {
        role: dataset_add_upload(
            data=digits(count, seed, role),
            role=role,
            name=f"our-hands-{role}",
            source="drawn by Numeral’s own hands",
            licence="CC0-1.0",
            added_by=charlie,
        )
        for role, count, seed in (("train", 600, 1), ("gate", 1000, 2), ("evaluate", 400, 3))
    }
    model = ModelVersion.objects.get(name="digit-2")
    gate_measure_missing()
    model_report_measure(model=model, data=hands["evaluate"].name)
    runs = [training(charlie, hands["train"], state) for state in ("done", "running")]
    return {
        "model": {"model_id": model.id},
        "admin_model": {"object_id": model.id},
        "data_set": {"object_id": hands["train"].pk},
        "run_done": {"object_id": runs[0].id},
        "run": {"object_id": runs[1].id},
        "reread": {"object_id": reread(charlie).id},
    }


def digits(count: int, seed: int, role: str) -> bytes:
    """Digits by many hands, as the networks see them, as an ``.npz``."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 10
    inks = [written(str(label), 60, Hand.sample(rng), seed=number) for number, label in enumerate(labels)]
    pictures, stream = np.stack([normalise_ink(ink) for ink in inks]), io.BytesIO()
    parts = {"test": slice(0, count)} if role != "train" else {"train": slice(100, count), "test": slice(0, 100)}
    arrays: dict[str, Any] = {}
    for part, rows in parts.items():
        arrays |= {f"x_{part}": pictures[rows], f"y_{part}": labels[rows].astype(np.uint8)}
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def training(charlie: User, data: DataSet, state: str) -> TrainingRun:
    """A run as the trainer's words make one; its heart beats ahead, so that no sweep takes it for dead."""
    now, epochs = timezone.now(), 12
    seen = epochs if state == "done" else 7
    figures = [
        {
            "epoch": epoch,
            "seed": 1,
            "loss": 1.9 * 0.62**epoch + 0.02,
            "accuracy": 1 - 0.55 * 0.58**epoch,
            "val_loss": 1.7 * 0.64**epoch + 0.045,
            "val_accuracy": 0.991 - 0.5 * 0.56**epoch,
            "seconds": 21.0,
        }
        for epoch in range(1, seen + 1)
    ]
    log = [f"epoch {e['epoch']} of {epochs}: loss {e['loss']:.3f}, validation {e['val_accuracy']:.4f}" for e in figures]
    return TrainingRun.objects.create(
        started_by=charlie,
        kind="digit",
        architecture="numeral-digit",
        parameters={"epochs": epochs, "batch_size": 128, "seed": 1},
        data_set=data,
        state=state,
        started_at=now - dt.timedelta(minutes=4),
        heartbeat_at=now + dt.timedelta(hours=6),
        finished_at=now if state == "done" else None,
        fraction=seen / epochs,
        seconds_left=None if state == "done" else 105,
        epochs=epochs,
        progress=figures,
        log="\n".join(log),
        model_version=ModelVersion.objects.get(name="digit-3") if state == "done" else None,
    )


def reread(charlie: User) -> Reread:
    """A look at what other models would read, done, with three changes."""
    serving = {row.kind: row for row in ModelVersion.objects.filter(state="active")}
    now = timezone.now()
    row = Reread.objects.create(
        started_by=charlie,
        digit_model=serving["digit"],
        number_model=serving.get("number"),
        state=Reread.State.LOOKED,
        limit=1000,
        looked=22,
        same=19,
        heartbeat_at=now,
        finished_at=now,
    )
    for upload in Upload.objects.filter(deleted_at=None).exclude(text="")[:3]:
        RereadChange.objects.create(
            reread=row,
            upload=upload,
            old_text=upload.text,
            old_confidence=upload.confidence,
            old_state=upload.state,
            new_text=upload.text.replace("1", "7", 1),
            new_confidence=0.97,
            new_state="read",
        )
    return row
