"""Read images with the active models; write nothing to the database."""

from __future__ import annotations

import csv
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognizer.domain.errors import NoFile, NumeralError
from recognizer.domain.reading_json import error_as_json, reading_as_json
from recognizer.domain.types import Expect, Source
from recognizer.services.ingest import picture_ingest, size_check
from recognizer.templatetags.numeral import percent

PICTURES = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"}
COLUMNS = ("file", "page", "text", "formatted", "confidence", "state", "reason", "error")


class Command(BaseCommand):
    help = "Read the numbers on images (files, or all images in folders)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", type=Path)
        parser.add_argument("--expect", default="any", metavar="any|one|N", help="How many digits there are.")
        parser.add_argument("--format", choices=("text", "json", "csv"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            expect = Expect.parse(options["expect"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        files = [file for path in options["paths"] for file in _files(path)]
        if not files:
            self.stderr.write("There are no pictures there.")
        write = {"text": self._text, "json": self._json, "csv": self._csv_writer()}[options["format"]]
        failed = 0
        for number, file in enumerate(files, start=1):
            answer = _read(file, expect)
            failed += answer["error"] is not None
            self._progress(number, len(files))
            write(answer)
        if failed:
            sys.exit(1)

    def _text(self, answer: dict[str, Any]) -> None:
        if answer["error"]:
            self.stderr.write(f"{answer['file']}: {answer['error']['message']}")
        elif answer["state"] == "rejected":
            self.stdout.write(f"{answer['file']}: no digit found")
        else:
            doubt = "  (not sure)" if answer["needs_review"] else ""
            text = answer["formatted"].replace("\n", " / ")
            self.stdout.write(f"{answer['file']}: {text}  {percent(answer['confidence'])}{doubt}")

    def _json(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, ensure_ascii=False))

    def _csv_writer(self) -> Any:
        writer = csv.DictWriter(self.stdout, COLUMNS, extrasaction="ignore", lineterminator="\n")
        started = False

        def write(answer: dict[str, Any]) -> None:
            nonlocal started
            if not started:
                writer.writeheader()
                started = True
            error = answer["error"]
            writer.writerow({**answer, "error": error["message"] if error else ""})

        return write

    def _progress(self, number: int, total: int) -> None:
        if sys.stderr.isatty() and total > 1:
            sys.stderr.write(f"\r{number} of {total}" + ("\n" if number == total else ""))


def _files(path: Path) -> Iterator[Path]:
    """A file as it is; of a folder, its images, in the order of their names."""
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in PICTURES and file.is_file())
    else:
        yield path


def _read(file: Path, expect: Expect) -> dict[str, Any]:
    try:
        size_check(_size(file))
        data = file.read_bytes()
        reading = picture_ingest(data=data, expect=expect, source=Source.CLI).reading
    except OSError as error:
        return error_as_json(NoFile(f"This file cannot be opened: {error.strerror}."), file=str(file))
    except NumeralError as error:
        return error_as_json(error, file=str(file))
    return reading_as_json(reading, file=str(file))


def _size(file: Path) -> int:
    # A device or a pipe has no size, and reading one may never end.
    if file.exists() and not file.is_file():
        raise NoFile("This is not a file.")
    return file.stat().st_size
