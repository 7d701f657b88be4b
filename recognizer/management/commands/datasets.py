"""List, add, show, remove and verify data sets."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognizer.domain.errors import NumeralError
from recognizer.models import DataSet
from recognizer.selectors import dataset_by_name, datasets_all
from recognizer.services.dataset_files import dataset_path
from recognizer.services.datasets import dataset_register, dataset_remove, datasets_verify
from recognizer.services.gate_numbers import gate_freeze_all


class Command(BaseCommand):
    help = "List, add, show, remove and verify data sets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", title="actions")
        actions.add_parser("list", help="All registered data sets (the default).")
        add = actions.add_parser("add", help="Register an .npz, or a folder with labels.csv, where it lies.")
        add.add_argument("path", type=Path, nargs="?", help="Without it, MNIST: MNIST_PATH, or Keras's download.")
        add.add_argument("--role", choices=DataSet.Role.values, required=True)
        add.add_argument("--name", default="", help="Without it, the file's or folder's name.")
        add.add_argument("--source", default="", help="Where it comes from.")
        add.add_argument("--licence", default="", help="Under what licence.")
        actions.add_parser("show", help="One data set, with how often each digit occurs.").add_argument("name")
        freeze = actions.add_parser("freeze", help="Keep the gate's samples: what each training holds out, for good.")
        freeze.add_argument("name", nargs="?", help="A set registered to train; without it, MNIST.")
        actions.add_parser("remove", help="Forget a data set; the files you gave stay.").add_argument("name")
        for word in ("verify", "check"):
            actions.add_parser(word, help="Compare every set's files with what was registered.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action'] or 'list'}")(options)
        except NumeralError as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{'name':24} {'role':9} {'samples':>9}  where")
        for row in datasets_all():
            self.stdout.write(f"{row.name:24} {row.role:9} {row.count:>9,}  {dataset_path(row)}")

    def _add(self, options: dict[str, Any]) -> None:
        told = {key: options[key] for key in ("path", "role", "name", "source", "licence")}
        row = dataset_register(**told)
        self.stdout.write(f"{row} is registered: {row.count:,} samples, to {row.role}.")

    def _show(self, options: dict[str, Any]) -> None:
        row = _named(options)
        told = {"role": row.role, "samples": f"{row.count:,}", "where": dataset_path(row), "sha256": row.sha256}
        told |= {"content": row.content_sha256, "source": row.source or "–", "licence": row.licence or "–"}
        told |= {"added": f"{row.created_at:%Y-%m-%d %H:%M}"}
        for word, value in told.items():
            self.stdout.write(f"{word:8} {value}")
        for part, counts in row.class_counts.items():
            self.stdout.write(f"{part:8} " + ", ".join(f"{digit}: {count:,}" for digit, count in enumerate(counts)))

    def _freeze(self, options: dict[str, Any]) -> None:
        source = _named(options) if options["name"] else None
        for row in gate_freeze_all(source=source):
            self.stdout.write(f"{row} is frozen: {row.count:,} samples, {row.source}.")

    def _remove(self, options: dict[str, Any]) -> None:
        dataset_remove(row=_named(options))
        self.stdout.write(f"{options['name']} is removed.")

    def _verify(self, options: dict[str, Any]) -> None:
        verified = datasets_verify()
        for each in verified:
            self.stdout.write(f"{each.name}: {each.problem or 'ok'}")
        if any(each.problem for each in verified):
            raise CommandError("Not every data set is as it was registered.")

    _check = _verify


def _named(options: dict[str, Any]) -> DataSet:
    row = dataset_by_name(options["name"])
    if row is None:
        raise CommandError(f"There is no data set named {options['name']}. `manage.py datasets` lists them.")
    return row
