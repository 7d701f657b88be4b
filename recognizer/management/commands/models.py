"""List, activate, roll back and verify the registered models."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognizer.domain.errors import NumeralError
from recognizer.domain.types import ModelKind
from recognizer.model_figures import headline_of
from recognizer.selectors import model_by_name, models_all
from recognizer.services.registry import model_activate, model_rollback, models_verify, shipped_models_register


class Command(BaseCommand):
    help = "List, activate, roll back and verify the registered models."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", title="actions")
        actions.add_parser("list", help="All registered models (the default).")
        actions.add_parser("activate", help="Serve with this model.").add_argument("name")
        rollback = actions.add_parser("rollback", help="Serve with the previous model again.")
        rollback.add_argument("kind", choices=[kind.value for kind in ModelKind])
        actions.add_parser("verify", help="Check the files of every model against what was registered.")

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
        model = model_by_name(options["name"])
        if model is None:
            raise CommandError(f"There is no model named {options['name']}. `manage.py models` lists them.")
        self.stdout.write(f"{model_activate(model=model)} is active now.")

    def _rollback(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{model_rollback(kind=options['kind'])} is active again.")

    def _verify(self, options: dict[str, Any]) -> None:
        verified = models_verify()
        for each in verified:
            self.stdout.write(f"{each.name}: {each.problem or 'ok'}")
        if any(each.problem for each in verified):
            raise CommandError("Not every model is as it was registered.")
