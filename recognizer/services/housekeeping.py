"""What the worker does every five minutes, and ``manage.py sweep`` at once."""

from __future__ import annotations

import datetime as dt

from recognizer.services.batch_upkeep import batches_close_abandoned, batches_sweep
from recognizer.services.retention import GRACE, sweep, trash_sweep
from recognizer.services.sheets import sheets_sweep
from recognizer.services.training_leftovers import training_leftovers_sweep


def sweep_all(*, grace: dt.timedelta = GRACE) -> dict[str, int]:
    """Mend what a crash left, and remove what has had its time. Returns how many of each; safe at any time."""
    return {
        **sweep(grace=grace),
        "checkpoints_removed": training_leftovers_sweep(),
        "sheets_forgotten": sheets_sweep(),
        "trash_emptied": trash_sweep(),
        "batches_closed": batches_close_abandoned(),
        "batch_files_forgotten": batches_sweep(),
    }
