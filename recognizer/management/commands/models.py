"""List, activate, roll back, verify, measure, export, import, archive and delete models."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognizer.domain.errors import NumeralError
from recognizer.domain.types import ModelKind
from recognizer.model_figures import headline_of
from recognizer.models import ModelVersion
from recognizer.selectors import model_by_name, models_all
from recognizer.services.model_archives import model_export_file, model_import
from recognizer.services.model_removal import model_archive, model_delete, model_restore
from recognizer.services.model_reports import model_report_measure
from recognizer.services.registry import (
    activated_sentence,
    model_activate,
    model_rollback,
    models_verify,
    shipped_models_register,
)

REMOVALS = {
    "archive": "Put a model aside, with its files: it can't be activated.",
    "restore": "Make an archived model a candidate again.",
    "delete": "Delete a model with its files.",
}


class Command(BaseCommand):
    help = "List, activate, roll back, verify, measure, export, import, archive and delete models."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", title="actions")
        actions.add_parser("list", help="All registered models (the default).")
        activate = actions.add_parser("activate", help="Serve with this model, if the gate lets it.")
        activate.add_argument("name")
        activate.add_argument("--reason", default="", metavar="TEXT", help="Why, though the gate refuses it; kept.")
        rollback = actions.add_parser("rollback", help="Serve with the previous model again.")
        rollback.add_argument("kind", choices=[kind.value for kind in ModelKind])
        actions.add_parser("verify", help="Check the files of every model against what was registered.")
        report = actions.add_parser("report", help="Measure a model on a data set, and keep the report for the admin.")
        report.add_argument("name")
        report.add_argument("--data", metavar="NAME|PATH", help="Without it, MNIST's test set (digit networks).")
        export = actions.add_parser("export", help="Write a model with its card and checksums as one ZIP archive.")
        export.add_argument("name")
        export.add_argument("--output", type=Path, metavar="FILE", help="The archive; NAME.zip unless given.")
        takes_in = actions.add_parser("import", help="Check a model's archive, or a folder of its files; register it.")
        takes_in.add_argument("path", type=Path)
        takes_in.add_argument("--name", default="", help="What to call it here, where its own name is taken.")
        for action, does in REMOVALS.items():
            actions.add_parser(action, help=does).add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        shipped_models_register()
        action = options["action"] or "list"
        try:
            getattr(self, f"_{action}")(options)
        except NumeralError as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{'name':24} {'kind':8} {'state':10} {'test':>8}  architecture")
        for row in models_all():
            share = headline_of(row)
            shown = "–" if share is None else f"{100 * share:.2f} %"
            self.stdout.write(f"{row.name:24} {row.kind:8} {row.state:10} {shown:>8}  {row.architecture}")

    def _activate(self, options: dict[str, Any]) -> None:
        model = model_activate(model=_named(options), reason=options["reason"])
        self.stdout.write(activated_sentence(model))

    def _rollback(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{model_rollback(kind=options['kind'])} is active again.")

    def _verify(self, options: dict[str, Any]) -> None:
        verified = models_verify()
        for each in verified:
            self.stdout.write(f"{each.name}: {each.problem or 'ok'}")
        if any(each.problem for each in verified):
            raise CommandError("Not every model is as it was registered.")

    def _report(self, options: dict[str, Any]) -> None:
        found = model_report_measure(model=_named(options), data=options["data"])
        self.stdout.write(f"Measured on {found.content['measured']['on']}.")
        self.stdout.write(f"The report is in {found.folder}; the admin shows it on the model's page.")

    def _export(self, options: dict[str, Any]) -> None:
        model = _named(options)
        path: Path = options["output"] or Path(f"{model.name}.zip")
        model_export_file(model=model, path=path)
        self.stdout.write(f"{model} is in {path} now.")

    def _import(self, options: dict[str, Any]) -> None:
        imported = model_import(source=options["path"], name=options["name"])
        self.stdout.write(imported.sentence)

    def _archive(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{model_archive(model=_named(options))} is archived.")

    def _restore(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{model_restore(model=_named(options))} is a candidate again.")

    def _delete(self, options: dict[str, Any]) -> None:
        model_delete(model=_named(options))
        self.stdout.write(f"{options['name']} is deleted.")


def _named(options: dict[str, Any]) -> ModelVersion:
    model = model_by_name(options["name"])
    if model is None:
        raise CommandError(f"There is no model named {options['name']}. `manage.py models` lists them.")
    return model
