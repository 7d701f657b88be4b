"""Several seeds at once, a process each: on few cores, one thread a seed is worth more than many threads for one.

Measured on two cores: an epoch takes 37 s with one thread and 26 s with two, so two seeds side by side take
37 s for what takes 52 s one after the other.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from recognizer.domain.phrases import phrase
from recognizer.training.parameters import TrainingParameters
from recognizer.training.progress import TrainingFailed
from recognizer.training.trainer import Emit


def train_side_by_side(parameters: TrainingParameters, output: Path, emit: Emit) -> TrainingParameters:
    """Train every seed in a child process, ``jobs`` at a time; the results are in the seeds' checkpoints.

    Returns the parameters with which these are read back. Raises TrainingFailed with the first child's sentence.
    """
    told = output / "checkpoints.json"
    told.write_text(json.dumps(parameters.as_dict()), encoding="utf-8")
    children: list[subprocess.Popen[str]] = []
    lock = threading.Lock()

    def emit_alone(event: dict[str, Any]) -> None:
        with lock:
            emit(event)

    def one(seed: int) -> None:
        command = [sys.executable, "-m", "recognizer.training", "seed", str(told), "--output", str(output)]
        child = subprocess.Popen([*command, "--seed", str(seed)], stdout=subprocess.PIPE, text=True)
        children.append(child)
        _follow(child, seed, emit_alone)

    try:
        with ThreadPoolExecutor(parameters.jobs) as pool:
            waiting = [pool.submit(one, seed) for seed in parameters.seeds]
            try:
                for future in waiting:
                    future.result()
            except BaseException:
                # One failed, or we are told to stop: the others would train for nothing.
                pool.shutdown(wait=False, cancel_futures=True)
                for child in children:
                    child.terminate()
                raise
    finally:
        told.unlink(missing_ok=True)
    return replace(parameters, resume=True)


def _follow(child: subprocess.Popen[str], seed: int, emit: Emit) -> None:
    """Pass on what a child reports until it ends. Raises TrainingFailed with its sentence."""
    message = TrainingFailed.sentence
    with child:
        for line in child.stdout or ():
            event = json.loads(line)
            if event["event"] == "error":
                message = event["message"]
            else:
                emit(event)
    if child.returncode != 0:
        raise TrainingFailed(phrase("Seed {seed}: {message}", seed=seed, message=message))
