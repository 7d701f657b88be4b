"""Train, evaluate, export and register a model."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recognizer.domain.errors import BadModel, BadParameters, NumeralError
from recognizer.domain.types import ModelKind
from recognizer.models import DataSet
from recognizer.selectors import dataset_by_name, model_by_name
from recognizer.services.dataset_files import dataset_here
from recognizer.services.datasets import dataset_place
from recognizer.services.model_files import model_directory
from recognizer.services.registry import activated_sentence, model_activate, shipped_models_register
from recognizer.services.sample_selection import corrections_parameters
from recognizer.services.training_help import training_run_help
from recognizer.services.training_runs import training_run_execute
from recognizer.services.training_starts import beside_of, data_check, name_and_version
from recognizer.training.cluster import cluster_of
from recognizer.training.presets import ARCHITECTURES


class Command(BaseCommand):
    help = "Train, evaluate, export and register a model."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--list", action="store_true", help="Print the architectures, and stop.")
        parser.add_argument("--kind", choices=sorted({item.kind for item in ARCHITECTURES.values()}), default="digit")
        parser.add_argument("--architecture", metavar="NAME", help="Without it, Numeral's own for the kind.")
        parser.add_argument(
            "--data", metavar="NAME|PATH", help="A registered data set, or an .npz with its four arrays."
        )
        parser.add_argument(
            "--extra",
            action="append",
            default=[],
            metavar="NAME|PATH",
            help="A registered set, or an .npz, of other hands' digits; repeatable.",
        )
        parser.add_argument("--preset", metavar="NAME", help="Another preset than the usual one, such as fast.")
        parser.add_argument("--epochs", type=int, metavar="N", help="Without it, as the preset says.")
        parser.add_argument("--batch-size", type=int, metavar="N", help="Without it, as the preset says.")
        parser.add_argument("--seed", type=int, default=1, metavar="N")
        parser.add_argument("--folds", type=int, metavar="K", help="Cross-validate in so many parts first (2 to 20).")
        parser.add_argument(
            "--strategy",
            metavar="mirrored|multiworker",
            help="Share each batch among this machine's devices, or among the machines that TF_CONFIG names.",
        )
        parser.add_argument("--limit", type=int, metavar="N", help="Use only this many training samples.")
        parser.add_argument("--name", help="The model's name; without it, kind and next version.")
        parser.add_argument("--activate", action="store_true", help="Serve with it when it is done.")
        parser.add_argument("--output", type=Path, metavar="DIR", help="Where checkpoints and results are written.")
        parser.add_argument("--also", default="", metavar="h5,json", help="Export these formats as well.")
        parser.add_argument("--resume", action="store_true", help="Go on from the last checkpoint.")
        parser.add_argument("--init", metavar="MODEL", help="Start from a registered model, or a .keras file of yours.")
        parser.add_argument(
            "--include-corrections",
            action="store_true",
            help="Learn from corrected digits: teach the serving model, or what --architecture or --init names.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self._list()
            return
        try:
            if options["strategy"] == "multiworker" and not cluster_of(os.environ).chief:
                self._help(options)
                return
            shipped_models_register()
            data_set = dataset_by_name(options["data"]) if options["data"] else None
            trained = training_run_execute(
                parameters=_parameters(options, data_set),
                data_set=data_set,
                output=options["output"],
                resume=options["resume"],
                on_event=self._show,
            )
            self._report(trained.model.name, trained.model.metrics)
            if options["activate"]:
                self.stdout.write(activated_sentence(model_activate(model=trained.model)))
        except NumeralError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError("Stopped. `--resume` goes on from the last checkpoint.") from error

    def _help(self, options: dict[str, Any]) -> None:
        data_set = dataset_by_name(options["data"]) if options["data"] else None
        training_run_help(parameters=_parameters(options, data_set), on_event=self._show)
        self.stdout.write("This machine has done its part. The model is registered where the chief trained.")

    def _list(self) -> None:
        for item in ARCHITECTURES.values():
            self.stdout.write(f"{item.name:14} {item.kind:7} {item.parameters:>9,} parameters  {item.description}")
            presets = f"; presets: {', '.join(item.recipes)}" if item.recipes else ""
            usual = f"{item.preset.epochs} epochs of {item.preset.batch_size}"
            self.stdout.write(f"{'':14} {usual}; claim: {item.claim}{presets}")

    def _show(self, event: dict[str, Any]) -> None:
        if event["event"] == "batch" and self._bar_fits():
            done = float(event.get("fraction", 0))
            sys.stderr.write(f"\repoch {event.get('epoch', '?')} [{'#' * int(30 * done):30}] {100 * done:3.0f} %")
        elif event["event"] == "queued":
            self.stdout.write(f"Waiting for {event['ahead']} other training to end …")
        elif event["event"] == "fold":
            self.stdout.write(f"fold {event['fold']} of {event['folds']}: {100 * event['accuracy']:.2f} % right")
        elif event["event"] == "devices":
            self.stdout.write(f"Training on {event['devices']} device{'s' if event['devices'] > 1 else ''}.")
        elif event["event"] == "epoch":
            start = "\r" if self._bar_fits() else ""
            figures = ", ".join(f"{key} {event[key]:.4f}" for key in FIGURES if isinstance(event.get(key), float))
            line = f"{start}epoch {event['epoch']} of {event['epochs']}: {figures}, {event.get('seconds', 0):.0f} s"
            self.stdout.write(line)

    def _bar_fits(self) -> bool:
        return sys.stderr.isatty()

    def _report(self, name: str, metrics: dict[str, Any]) -> None:
        accuracy = metrics.get("test", {}).get("accuracy")
        self.stdout.write(f"{name} is registered ({time.strftime('%H:%M')}), in {model_directory(name)}.")
        if accuracy is not None:
            self.stdout.write(f"Accuracy on the test set, through LiteRT: {100 * accuracy:.2f} %")
        if folds := metrics.get("cross_validation"):
            self.stdout.write(f"Over {folds['k']} folds: {100 * folds['mean']:.2f} ± {100 * folds['std']:.2f} %")


FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")


def _parameters(options: dict[str, Any], data_set: DataSet | None) -> dict[str, Any]:
    parameters = {
        **name_and_version(options["kind"], options["name"] or ""),
        "architecture": _architecture(options["kind"], options["architecture"], options["init"], options["preset"]),
        "recipe": options["preset"],
        "data": _data(options["data"], data_set),
        "epochs": options["epochs"],
        "batch_size": options["batch_size"],
        "seeds": [options["seed"]],
        "limit": options["limit"],
        "folds": options["folds"],
        "strategy": options["strategy"],
        "also": [word for word in options["also"].split(",") if word],
        "init": _initial(options["init"]),
        "extra": [str(dataset_place(given).resolve()) for given in options["extra"]],
        "beside": beside_of(options["kind"]),
    }
    if not options["include_corrections"]:
        return parameters
    named = options["architecture"] or options["init"] or options["kind"] != ModelKind.DIGIT
    return corrections_parameters(parameters, teach_serving=not named)


def _data(given: str | None, data_set: DataSet | None) -> str | None:
    """A registered set's path; else the path given, or ``MNIST_PATH``. Raises BadDataSet for a set not to train on."""
    if data_set is None:
        path = given or settings.MNIST_PATH
        return str(Path(path).resolve()) if path else None
    data_check(data_set)
    return str(dataset_here(data_set))


def _architecture(kind: str, name: str | None, init: str | None, recipe: str | None) -> str:
    """The one named; else that of the registered model to start from, the first with that preset, or Numeral's own for
    the kind, which stands first in the list.
    """
    start = model_by_name(init) if name is None and init else None
    if start is not None and start.kind == kind:
        name = start.architecture
    if name is None:
        own = [known for known, item in ARCHITECTURES.items() if item.kind == kind]
        return next((known for known in own if recipe in ARCHITECTURES[known].recipes), own[0])
    if name in ARCHITECTURES and ARCHITECTURES[name].kind != kind:
        raise BadParameters(f"{name} reads a {ARCHITECTURES[name].kind}: add --kind {ARCHITECTURES[name].kind}.")
    return name


def _initial(name: str | None) -> str | None:
    """The .keras file of a registered model, or the path given (a file of the person at this keyboard)."""
    if name is None:
        return None
    path = model_directory(name) / "model.keras" if model_by_name(name) else Path(name)
    if not path.is_file():
        raise BadModel(f"There is no model {name} with a .keras file to start from.")
    return str(path.resolve())
