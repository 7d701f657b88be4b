"""Try a network that came from elsewhere, in a process of its own: ``python -m recognizer.inference.trial FOLDER``.

The golden batch comes as JSON on standard input. A file made to crash LiteRT, or to take all memory or time, ends this
process and not the one that serves. On standard output: one JSON object, ``{"problem": null}`` or a sentence.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from recognizer.domain.errors import BadModel
from recognizer.domain.types import ModelKind
from recognizer.inference.card import load_card
from recognizer.inference.engine import DigitEngine
from recognizer.inference.golden import golden_check
from recognizer.inference.network import load_network
from recognizer.inference.number_engine import NumberEngine

MOST_MEMORY = 4 * 2**30
"""Bytes of address space; the largest network that is taken needs a small part of it."""


def problem_of(folder: Path, golden: object) -> str | None:
    """Why the model in ``folder`` is not to be trusted with reading; None where nothing speaks against it."""
    try:
        kind = load_card(folder).kind
        engine = DigitEngine if kind is ModelKind.DIGIT else NumberEngine
        engine.load(folder)
        golden_check(load_network(folder, kind), golden)
    except BadModel as error:
        return str(error)
    return None


def _limit_memory() -> None:
    if sys.platform.startswith("linux"):  # elsewhere the limit is unknown or not kept
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def main(folder: str) -> None:
    """What the process does."""
    _limit_memory()
    print(json.dumps({"problem": problem_of(Path(folder), json.load(sys.stdin))}))


if __name__ == "__main__":
    main(sys.argv[1])
