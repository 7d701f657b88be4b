"""Numeral and the plain recipe of student reports, side by side in one run: ``python -m bench.serving``.

Each server gets the same two pictures over loopback, from one client and from eight, each client over one kept
connection. Numeral answers signed-in uploads, with rows and files written and synced; the recipe keeps nothing.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import Load, Request, connect, load, send
from bench.pictures import DIGIT, canvas_png, phone_photo
from bench.processes import ROOT, port_free, pss_megabytes, running, started_with, tree, wait_for_port
from bench.subjects import Numeral, PlainRecipe
from bench.table import Figures, Memory, machine_facts, markdown

CANVAS, PHOTO = "canvas PNG", "12 MP photo"
FILE_NAMES = {CANVAS: "drawing.png", PHOTO: "photo.jpg"}
CLIENTS = (1, 8)
# How many uploads are measured, by picture and number of clients.
OUR_COUNTS = {(CANVAS, 1): 200, (CANVAS, 8): 400, (PHOTO, 1): 40, (PHOTO, 8): 80}
THEIR_COUNTS = {(CANVAS, 1): 12, (CANVAS, 8): 24, (PHOTO, 1): 10, (PHOTO, 8): 16}
SAMPLE_SECONDS = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description=__doc__)
    parser.add_argument("--only", choices=["numeral"], help="leave out the plain recipe")
    only = parser.parse_args().only
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))  # so that SIGTERM cleans up as well
    (ROOT / "var").mkdir(exist_ok=True)
    # Not the system's temporary folder: that may live in memory, where syncing a file costs nothing.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "var") as name:
        folder = Path(name)
        try:
            report(folder, only_numeral=only == "numeral")
        except KeyboardInterrupt:
            say("Stopped; nothing is left running.")
            return 130
        except (OSError, RuntimeError) as error:
            logs = "".join(f"\n--- {log.name}\n{log.read_text()[-3000:]}" for log in folder.glob("*.log"))
            say(f"{error}{logs}")
            return 1
    return 0


def report(folder: Path, *, only_numeral: bool) -> None:
    """Measure and print."""
    facts = machine_facts(folder)
    say("Drawing the pictures …")
    pictures = {CANVAS: canvas_png(), PHOTO: phone_photo()}
    ours, page = measure_numeral(folder, pictures)
    theirs = ours if only_numeral else measure_recipe(folder, pictures)
    print(markdown(ours, theirs))
    print(f"\n{facts}")
    sizes = ", ".join(f"{name} {len(data) / 1e6:.2f} MB" for name, data in pictures.items())
    print(
        f"Pictures: {sizes}. Numeral's page with the result, which the browser asks for next: p50 {page.p50_ms:.1f} ms."
    )
    for figures in (ours, theirs):
        read = ", ".join(f"{name} as {text}" for name, text in figures.read_as.items())
        print(f"The pictures show a {DIGIT}; {figures.name} read: {read}.")
    if ours.memory.serving is None:
        print("Memory was not measured: this system has no /proc/<pid>/smaps_rollup.")


def measure_numeral(folder: Path, pictures: dict[str, bytes]) -> tuple[Figures, Load]:
    """The figures of Numeral, and what its result page costs."""
    numeral, log = Numeral(folder, port_free()), folder / "numeral.log"
    say("Numeral: first start, sign-up …")
    numeral.prepare(log)
    requests = {name: numeral.upload(data, FILE_NAMES[name]) for name, data in pictures.items()}
    say("Numeral: start …")
    begun = time.perf_counter()
    with running(numeral.command, numeral.environment, log) as pid:
        first = first_reading(numeral.port, pid, requests[CANVAS], begun)
        with peak_of(pid) as peak:
            loads = measure_loads("Numeral", numeral.port, requests, OUR_COUNTS)
        read_as, where = {}, ""
        connection = connect(numeral.port)
        for name, request in requests.items():
            where = send(connection, request).location
            read_as[name] = numeral.text_of(send(connection, numeral.page(where)))
        connection.close()
        page = load(numeral.port, numeral.page(where), clients=1, requests=100)
        memory = weigh(pid, peak)
    return Figures(numeral.name, first, loads, memory, read_as), page


def measure_recipe(folder: Path, pictures: dict[str, bytes]) -> Figures:
    recipe = PlainRecipe(port_free())
    requests = {name: recipe.upload(data, FILE_NAMES[name]) for name, data in pictures.items()}
    say("Plain recipe: start …")
    begun = time.perf_counter()
    with running(recipe.command, recipe.environment, folder / "recipe.log") as pid:
        first = first_reading(recipe.port, pid, requests[CANVAS], begun)
        with peak_of(pid) as peak:
            loads = measure_loads("Plain recipe", recipe.port, requests, THEIR_COUNTS)
        connection = connect(recipe.port)
        read_as = {name: send(connection, request).text for name, request in requests.items()}
        connection.close()
        memory = weigh(pid, peak)
    return Figures(recipe.name, first, loads, memory, read_as)


def first_reading(port: int, pid: int, request: Request, begun: float) -> float:
    """Seconds from the start of the process to the first answered upload."""
    wait_for_port(port, pid)
    connection = connect(port)
    send(connection, request)
    connection.close()
    return time.perf_counter() - begun


def measure_loads(
    name: str, port: int, requests: dict[str, Request], counts: dict[tuple[str, int], int]
) -> dict[tuple[str, int], Load]:
    loads = {}
    for (picture, clients), count in counts.items():
        done = load(port, requests[picture], clients=clients, requests=count)
        say(f"{name}: {picture}, {clients} at a time: {done.p50_ms:.1f} ms at p50, {done.per_second:.3g} a second")
        loads[picture, clients] = done
    return loads


def serving_processes(pid: int) -> tuple[list[int], list[int]]:
    """Those that answer requests (the supervisor and the decoders included), and the background worker's."""
    worker = [each for start in started_with(tree(pid), "run_huey") for each in tree(start)]
    return [each for each in tree(pid) if each not in worker], worker


@contextmanager
def peak_of(pid: int) -> Iterator[list[float]]:
    """A list that gets the memory of the serving processes, twice a second while the block runs."""
    seen: list[float] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            value = pss_megabytes(serving_processes(pid)[0])
            if value is not None:
                seen.append(value)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def weigh(pid: int, peak: list[float]) -> Memory:
    serving, worker = serving_processes(pid)
    rest = {"background worker": pss_megabytes(worker)} if worker else {}
    return Memory(pss_megabytes(serving), max(peak, default=None), rest)


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
