"""``python -m recognizer.training run PARAMETERS.json --output DIR``: a training run in a process of its own.

Standard output carries one JSON object a line, the run's events, and nothing else; libraries' chatter goes to
standard error. Exit status 1 after an event "error". ``list`` prints the architectures.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recognizer.domain.errors import BadParameters, NumeralError
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelKind
from recognizer.training.files import DiskFull, is_disk_full
from recognizer.training.parameters import TrainingParameters
from recognizer.training.presets import as_json

Emit = Callable[[dict[str, Any]], None]
COMMANDS = {
    "run": "train, evaluate and export",
    "seed": "train one seed of a run",
    "report": "measure a finished model on a data set, and write its report",
}


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    if options.command == "list":
        sys.stdout.write(json.dumps(as_json(), indent=1) + "\n")
        return 0
    if options.tied:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    emit = _protocol()
    try:
        _run(options, emit)
    except NumeralError as error:
        emit({"event": "error", "code": error.code, "message": str(error)})
        return 1
    except Exception as error:  # the person gets a sentence, the log the rest
        traceback.print_exc()
        if is_disk_full(error):
            full = DiskFull.at(options.output)
            emit({"event": "error", "code": full.code, "message": str(full)})
            return 1
        emit({"event": "error", "code": "training_failed", "message": "The training went wrong. Its log says where."})
        return 1
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m recognizer.training", description="Train digit networks.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="print the architectures as JSON")
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, help=words)
        command.add_argument("parameters", type=Path, metavar="PARAMETERS.json")
        command.add_argument("--output", type=Path, required=True, metavar="DIR")
        command.add_argument("--tied", action="store_true", help="end when standard input is closed: nobody is left")
        if name == "seed":
            command.add_argument("--seed", type=int, required=True)
    return parser.parse_args(arguments)


def _end_with_parent() -> None:
    """Whoever started us holds the other end of standard input, which the system closes however they end."""
    while os.read(0, 1):  # past the buffer, whose lock the interpreter wants when it ends
        pass
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # with all that we started: seeds side by side, renderers
    os._exit(1)


def _protocol() -> Emit:
    """Keep standard output for events, and give everything that others print to standard error."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def emit(event: dict[str, Any]) -> None:
        stream.write(json.dumps(event, allow_nan=False) + "\n")
        stream.flush()

    return emit


def _run(options: argparse.Namespace, emit: Emit) -> None:
    if options.command == "report":
        from recognizer.training import measure

        measure.measure(measure.Wanted.from_json(_read(options.parameters)), options.output)
        return
    parameters = TrainingParameters.from_json(_read(options.parameters))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if parameters.threads:
        # Read once, when TensorFlow starts; hence before it is imported.
        threads = str(parameters.threads)
        os.environ.update(TF_NUM_INTRAOP_THREADS=threads, TF_NUM_INTEROP_THREADS="1", OMP_NUM_THREADS=threads)
    if parameters.kind == ModelKind.NUMBER:
        from recognizer.training.lines import run as lines

        lines.run(parameters, options.output, emit)
        return
    from recognizer.training import run

    if options.command == "seed":
        run.train_one(parameters, options.seed, options.output, emit)
    else:
        run.run(parameters, options.output, emit)


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadParameters(phrase("The training parameters cannot be read from {name}.", name=path.name)) from error


if __name__ == "__main__":
    sys.exit(main())
