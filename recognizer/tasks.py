"""Background and periodic jobs: thin, idempotent, calling services."""

from __future__ import annotations

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from recognizer.services.retention import sweep


@db_periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]
def sweep_periodically() -> None:
    """Mend what a crash left, every five minutes."""
    sweep()
