"""Say what works, what is missing, and how to mend it."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from recognizer.services.diagnosis import diagnose


class Command(BaseCommand):
    help = "Say what works, what is missing, and how to mend it."
    requires_system_checks: list[str] = []  # noqa: RUF012  (Django's own type; the doctor runs the checks itself)

    def handle(self, *args: Any, **options: Any) -> None:
        ill = False
        for finding in diagnose():
            mark = "ok " if finding.works else ("BAD" if finding.essential else "-- ")
            self.stdout.write(f"{mark} {finding.name}: {finding.detail}")
            if not finding.works:
                self.stdout.write(f"    {finding.remedy}")
            ill = ill or (finding.essential and not finding.works)
        if ill:
            sys.exit(1)
