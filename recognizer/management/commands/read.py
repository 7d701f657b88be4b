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
from recognizer.services.decoding import decoder_pool
from recognizer.services.ingest import picture_ingest, size_check
from recognizer.templatetags.numeral import percent

PICTURES = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"}
PICTURES |= {".heic", ".heif", ".hif", ".avif", ".pdf"}
COLUMNS = ("file", "page", "text", "formatted", "confidence", "state", "reason", "error", "pages")


class Command(BaseCommand):
    help = "Read the numbers on images, and on each page of PDF and TIFF files (files, or all of them in folders)."

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
            self._progress(number, len(files))
            for answer in _read(file, expect):
                failed += answer["error"] is not None
                write(answer)
        if failed:
            sys.exit(1)

    def _text(self, answer: dict[str, Any]) -> None:
        pages = answer.get("pages", 1)
        name = answer["file"] + (f", page {answer['page']} of {pages}" if pages > 1 else "")
        if answer["error"]:
            self.stderr.write(f"{name}: {answer['error']['message']}")
        elif answer["state"] == "rejected":
            self.stdout.write(f"{name}: no digit found")
        else:
            doubt = "  (not sure)" if answer["needs_review"] else ""
            text = answer["formatted"].replace("\n", " / ")
            self.stdout.write(f"{name}: {text}  {percent(answer['confidence'])}{doubt}")

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


def _read(file: Path, expect: Expect) -> Iterator[dict[str, Any]]:
    """The answer to each page of a file, or the one to a file that can't be opened at all."""
    try:
        size_check(_size(file))
        data = file.read_bytes()
        pages = decoder_pool().page_count(data)
    except OSError as error:
        yield error_as_json(NoFile(f"This file cannot be opened: {error.strerror}."), file=str(file))
    except NumeralError as error:
        yield error_as_json(error, file=str(file))
    else:
        for page in range(1, pages + 1):
            yield _read_page(file, data, page, pages, expect)


def _read_page(file: Path, data: bytes, page: int, pages: int, expect: Expect) -> dict[str, Any]:
    try:
        reading = picture_ingest(data=data, expect=expect, source=Source.CLI, page=page).reading
    except NumeralError as error:
        return error_as_json(error, file=str(file), page=page, pages=pages)
    return reading_as_json(reading, file=str(file), page=page, pages=pages)


def _size(file: Path) -> int:
    # A device or a pipe has no size, and reading one may never end.
    if file.exists() and not file.is_file():
        raise NoFile("This is not a file.")
    return file.stat().st_size
