"""Which machines train together, and which of them this is: TF_CONFIG in the environment, as TensorFlow reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recognizer.domain.errors import BadParameters
from recognizer.domain.phrases import phrase

VARIABLE = "TF_CONFIG"
EXAMPLE = '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True, slots=True)
class Cluster:
    """How many machines there are, and whether this is the one that judges, saves and registers: the chief."""

    machines: int
    chief: bool


def cluster_of(environment: Mapping[str, str]) -> Cluster:
    """Read TF_CONFIG. Raises BadParameters with an example where it is missing or makes no sense."""
    if not environment.get(VARIABLE):
        raise BadParameters(
            phrase(
                "--strategy multiworker needs {variable} on each machine, such as {example}.",
                variable=VARIABLE,
                example=EXAMPLE,
            )
        )
    try:
        told: Any = json.loads(environment[VARIABLE])
        chiefs, workers = told["cluster"].get("chief", []), told["cluster"].get("worker", [])
        kind, index = told["task"]["type"], told["task"]["index"]
        place = {"chief": chiefs, "worker": workers}[kind][index]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise BadParameters(
            phrase(
                "{variable} does not name this machine among the workers. It should look like {example}.",
                variable=VARIABLE,
                example=EXAMPLE,
            )
        ) from error
    addresses = [*chiefs, *workers]
    if index < 0 or len(set(addresses)) != len(addresses) or ":" not in place:
        raise BadParameters(
            phrase(
                "{variable} must give each machine an address of its own, such as {example}.",
                variable=VARIABLE,
                example=EXAMPLE,
            )
        )
    return Cluster(len(addresses), kind == "chief" or (not chiefs and index == 0))
