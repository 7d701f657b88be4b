"""Score a registered model on data sets."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recognizer.domain.errors import NumeralError
from recognizer.domain.types import Expect
from recognizer.inference.number_engine import NumberEngine
from recognizer.selectors import model_by_name
from recognizer.services.datasets import dataset_place
from recognizer.services.evaluation import evaluate_on
from recognizer.services.registry import shipped_models_register
from recognizer.services.serving import Readers, model_engine, models_serving
from recognizer.training.datasets import find_mnist


class Command(BaseCommand):
    help = "Score a registered model on an .npz, or on a folder with labels.csv."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--model", metavar="NAME", help="Without it, the active ones.")
        parser.add_argument(
            "--data", nargs="+", metavar="NAME|PATH", help="Registered sets or paths; without it, MNIST's test set."
        )
        parser.add_argument("--through", choices=("network", "reader"))
        parser.add_argument("--expect", default="any", metavar="any|one|N")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            expect = Expect.parse(options["expect"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        try:
            shipped_models_register()
            readers = _readers(options["model"])
            given = [dataset_place(each) for each in options["data"] or []]
            paths = given or [find_mnist(Path(settings.MNIST_PATH) if settings.MNIST_PATH else None)]
            for path in paths:
                scores = evaluate_on(readers=readers, path=path, through=options["through"], expect=expect)
                self.stdout.write(json.dumps(scores) if options["format"] == "json" else _as_text(scores))
        except NumeralError as error:
            raise CommandError(str(error)) from error


def _readers(name: str | None) -> Readers:
    """The active models; a digit model by name reads alone, a number model together with the active digit model."""
    if name is None:
        return models_serving().readers
    row = model_by_name(name)
    if row is None:
        raise CommandError(f"There is no model named {name}. `manage.py models` lists them.")
    engine = model_engine(row)
    if isinstance(engine, NumberEngine):
        return Readers(models_serving().readers.digit, engine)
    return Readers(engine)


def _as_text(scores: dict[str, Any]) -> str:
    head = f"{scores['model']} on {scores['data']} ({scores['n']})"
    shares = [f"{key.replace('_', ' ')} {100 * scores[key]:.2f} %" for key in SHARES if key in scores]
    return ", ".join([head, *shares, f"{scores['ms_p50']} ms"])


SHARES = (
    "accuracy",
    "exact_match",
    "mean_over_sources",
    "cer",
    "coverage",
    "error_among_accepted",
    "coverage_at_1_percent",
    "refused",
    "ece",
)
