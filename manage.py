#!/usr/bin/env python
"""Django's command line for Numeral."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hdr_site.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit("Numeral is not installed in this Python yet. Run `make run` first.") from error
    from django.core.exceptions import ImproperlyConfigured

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting is wrong or missing: its sentence says which
        raise SystemExit(f"Numeral cannot start: {error}") from error


if __name__ == "__main__":
    main()
