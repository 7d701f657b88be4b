"""Mend what a crash left: what the worker does every five minutes, on demand."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from recognizer.services.housekeeping import sweep_all
from recognizer.services.retention import GRACE


class Command(BaseCommand):
    help = "Read interrupted uploads again; remove files without rows and what is old; mark rows without files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--grace",
            type=int,
            default=int(GRACE.total_seconds()),
            metavar="SECONDS",
            help="Leave what is younger than this alone: it may still be in the making.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = sweep_all(grace=dt.timedelta(seconds=max(0, options["grace"])))
        self.stdout.write(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in found.items()))
