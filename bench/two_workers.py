"""Two processes that train together beside one that trains alone: ``python -m bench.two_workers --data mnist.npz``.

Both are given the same data, seeds and batches, through ``--strategy multiworker``; what they come to should be the
same within the noise of one seed to another.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.two_workers", description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("MNIST_PATH"), help="an .npz as MNIST's")
    parser.add_argument("--architecture", default="mlp")
    parser.add_argument("--limit", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds")
    options = parser.parse_args()
    if options.data is None:
        parser.error("give --data, or MNIST_PATH")
    told = {
        "architecture": options.architecture,
        "data": str(Path(options.data).resolve()),
        "limit": options.limit,
        "epochs": options.epochs,
        "seeds": list(range(1, options.seeds + 1)),
    }
    print("| processes | test accuracy, mean over seeds | spread (sd) | seconds |")
    print("| --- | --: | --: | --: |")
    for processes in (1, 2):
        start = time.monotonic()
        test = trained(told, processes)
        spread = f"{100 * test['std']:.2f} points" if test["std"] is not None else "one seed"
        seconds = time.monotonic() - start
        print(f"| {processes} | {100 * test['mean']:.2f} % | {spread} | {seconds:.0f} |", flush=True)
    return 0


def trained(told: dict[str, Any], processes: int) -> dict[str, Any]:
    """What the card says of the test set, after a training by so many processes."""
    with tempfile.TemporaryDirectory() as folder:
        workers = [f"127.0.0.1:{port}" for port in _free_ports(processes)]
        children = [_start(Path(folder) / str(index), told, workers, index) for index in range(processes)]
        failed = [child.wait() for child in children]
        if any(failed):
            raise SystemExit((Path(folder) / "0" / "log").read_text(encoding="utf-8")[-2000:])
        card = json.loads((Path(folder) / "0" / "out" / "card.json").read_text(encoding="utf-8"))
        if processes > 1 and (Path(folder) / "1" / "out" / "card.json").exists():
            raise SystemExit("The second process kept a model of its own.")
        test: dict[str, Any] = card["metrics"]["test"]
        return test


def _start(folder: Path, told: dict[str, Any], workers: list[str], index: int) -> subprocess.Popen[bytes]:
    folder.mkdir()
    environment = dict(os.environ)
    if len(workers) > 1:
        told = {**told, "strategy": "multiworker"}
        environment["TF_CONFIG"] = json.dumps(
            {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        )
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")
    command = [sys.executable, "-m", "recognizer.training", "run", str(folder / "told.json")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([*command, "--output", str(folder / "out")], env=environment, stdout=log, stderr=log)


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


if __name__ == "__main__":
    sys.exit(main())
