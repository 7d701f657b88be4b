"""Mend what a crash left: what the worker does every five minutes, on demand."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from recognizer.services.retention import GRACE, sweep
from recognizer.services.training_leftovers import training_leftovers_sweep


class Command(BaseCommand):
    help = "Read interrupted uploads again; remove files without rows; mark rows without files; remove old checkpoints."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--grace",
            type=int,
            default=int(GRACE.total_seconds()),
            metavar="SECONDS",
            help="Leave what is younger than this alone: it may still be in the making.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = sweep(grace=dt.timedelta(seconds=max(0, options["grace"])))
        found["checkpoints_removed"] = training_leftovers_sweep()
        self.stdout.write(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in found.items()))
