"""The folders of training runs: checkpoints to go on from, and what a run leaves that nobody needs."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from recognizer.inference.card import CARD_FILE
from recognizer.models import TrainingRun
from recognizer.services.model_files import leftovers_remove
from recognizer.training.checkpoints import CHECKPOINTS, STATE

LOG_FILE = "trainer.log"
TEMPORARY = "tmp"
"""A run's own folder for temporary files: a killed trainer leaves them here, and not all over the machine."""
HALF_WRITTEN = re.compile(r"\.\d+\..+")
"""The names under which ``training.files.write_atomically`` fills a file."""
ROWLESS = dt.timedelta(hours=1)


def run_folder(run: TrainingRun) -> Path:
    """Where a run's checkpoints lie, on the machine that trains it."""
    root: Path = settings.TRAINING_RUNS_DIR
    return root / (run.folder or str(run.id))


def is_ours(folder: Path) -> bool:
    """Whether we made this folder, and may remove it: one that a person chose stays."""
    with suppress(ValueError):
        return folder.parent == settings.TRAINING_RUNS_DIR and bool(UUID(folder.name))
    return False


def is_finished(folder: Path) -> bool:
    """Whether a whole model waits there to be registered: its card is written last."""
    return is_ours(folder) and (folder / CARD_FILE).is_file()


def has_checkpoint(folder: Path) -> bool:
    """Whether a run can go on from what lies there."""
    return is_finished(folder) or any(folder.glob(f"{CHECKPOINTS}/*/{STATE}"))


def epochs_so_far(run: TrainingRun) -> list[dict[str, Any]]:
    """What a run's epochs came to, those included that its checkpoints know and its row does not: it was killed."""
    known = list(run.progress)
    noted = {(epoch.get("seed"), epoch.get("epoch")) for epoch in known}
    for path in sorted(run_folder(run).glob(f"{CHECKPOINTS}/seed-*/{STATE}")):
        seed = int(path.parent.name.removeprefix("seed-"))
        with suppress(OSError, ValueError, KeyError, TypeError):  # the trainer says what is wrong with it
            for epoch, figures in enumerate(json.loads(path.read_text(encoding="utf-8"))["history"], start=1):
                if (seed, epoch) not in noted:
                    known.append({"epoch": epoch, "epochs": run.epochs, "seed": seed, **figures})
    return sorted(known, key=lambda entry: (entry.get("seed") or 0, entry.get("epoch") or 0))


def folder_tidy(folder: Path) -> None:
    """Remove what an ended run leaves beside its checkpoints: half-written and temporary files, its log."""
    shutil.rmtree(folder / TEMPORARY, ignore_errors=True)
    half = [path for path in folder.glob(".*") if HALF_WRITTEN.fullmatch(path.name)]
    half += [path for path in (folder / CHECKPOINTS).rglob(".*") if HALF_WRITTEN.fullmatch(path.name)]
    for path in (folder / LOG_FILE, *half):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def training_leftovers_sweep() -> int:
    """Remove checkpoints that nobody can need: of runs without a row, done, or ended ``TRAINING_KEEP_DAYS`` ago.

    Returns how many folders. Safe to run at any time; half-registered models of a crash go as well.
    """
    leftovers_remove()
    root: Path = settings.TRAINING_RUNS_DIR
    folders = [path for path in root.iterdir() if path.is_dir() and is_ours(path)] if root.is_dir() else []
    gone = [folder for folder in folders if not _is_wanted(folder)]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


def _is_wanted(folder: Path) -> bool:
    now = timezone.now()
    rows = TrainingRun.objects.filter(Q(folder=folder.name) | Q(id=UUID(folder.name), folder=""))
    states = dict(rows.values_list("id", "state"))
    if not states:
        with suppress(FileNotFoundError):
            return now.timestamp() - folder.stat().st_mtime < ROWLESS.total_seconds()
        return False
    if {TrainingRun.State.QUEUED, TrainingRun.State.RUNNING} & set(states.values()):
        return True
    if TrainingRun.State.DONE in states.values():
        return False
    return rows.filter(finished_at__gte=now - dt.timedelta(days=settings.TRAINING_KEEP_DAYS)).exists()
