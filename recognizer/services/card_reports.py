"""What a model's card knows of a report, for models that have none: shares, confusion, risk against coverage."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from recognizer.domain.phrases import phrase
from recognizer.models import ModelVersion
from recognizer.training.report import confused_pairs

MALFORMED = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)
"""Cards come from elsewhere, too: what is not as it should be is left out."""


def card_report(model: ModelVersion) -> dict[str, Any]:
    """The parts that the card has, in the form of ``report.json``, each with the data it was measured on."""
    content: dict[str, Any] = {}
    for key, read in (("measured", _measured), ("risk_coverage", _risk)):
        with suppress(*MALFORMED):
            content[key] = read(model)
    return content


def _measured(model: ModelVersion) -> dict[str, Any]:
    tested = "test" in model.metrics
    figures = dict(model.metrics["test" if tested else "validation"])
    known = {"source": model.card["data"]["source"], "n": int(figures["n"])}
    on = (
        phrase("test pictures of {source} ({n:,}), by its own training", **known)
        if tested
        else phrase("what its training held out of {source} ({n:,}), by its own training", **known)
    )
    told = {**figures, "on": on}
    if "confusion" in figures:
        told["pairs"] = confused_pairs(np.array(figures["confusion"], np.int64))
    return told


def _risk(model: ModelVersion) -> dict[str, Any]:
    return {
        "on": phrase("the held-out pictures on which its trust was decided"),
        "points": model.card["risk_coverage"],
        "note": str(model.card.get("threshold_reason", "")),
    }
