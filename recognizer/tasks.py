"""Background and periodic jobs: thin, idempotent, calling services."""

from __future__ import annotations

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from recognizer.services.retention import sweep
from recognizer.services.training_runs import training_runs_reap


@db_periodic_task(crontab())  # type: ignore[untyped-decorator]
def reap_periodically() -> None:
    """Mark training runs lost whose process is gone, every minute."""
    training_runs_reap()


@db_periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]
def sweep_periodically() -> None:
    """Mend what a crash left, every five minutes."""
    sweep()
