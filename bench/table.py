"""The figures as Markdown, ready for the README."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import Load


@dataclass(slots=True)
class Memory:
    """Megabytes (10^6 bytes, PSS) after the load, and the most that was seen during it; None: unknown here."""

    serving: float | None = None
    peak: float | None = None
    rest: dict[str, float | None] = field(default_factory=dict)


@dataclass(slots=True)
class Figures:
    """What one server did."""

    name: str
    first_reading_s: float
    loads: dict[tuple[str, int], Load]
    memory: Memory
    read_as: dict[str, str]


def markdown(ours: Figures, theirs: Figures) -> str:
    """One row a measure, one column a server."""
    rows = [("", ours.name, theirs.name), ("---", "--:", "--:")]
    for case in ours.loads:
        rows += _load_rows(case, ours.loads[case], theirs.loads[case])
    rows.append(("start to first reading", _seconds(ours.first_reading_s), _seconds(theirs.first_reading_s)))
    rows.append(("memory that serves, PSS after the load", _mb(ours.memory.serving), _mb(theirs.memory.serving)))
    rows.append(("memory that serves, most during the load", _mb(ours.memory.peak), _mb(theirs.memory.peak)))
    rows += [(f"memory of the {name}, PSS", _mb(value), "none") for name, value in ours.memory.rest.items()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _load_rows(case: tuple[str, int], ours: Load, theirs: Load) -> list[tuple[str, str, str]]:
    picture, clients = case
    label = f"{picture}, {clients} client{'s' if clients > 1 else ''}"
    return [
        (f"{label}: p50 / p95", _spread(ours), _spread(theirs)),
        (f"{label}: a second", _rate(ours), _rate(theirs)),
    ]


def _spread(load: Load) -> str:
    return f"{_ms(load.p50_ms)} / {_ms(load.p95_ms)}"


def _ms(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"


def _rate(load: Load) -> str:
    return f"{load.per_second:.3g} (n = {load.requests})"


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _mb(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.0f} MB"


def machine_facts(data: Path) -> str:
    """One sentence on what it was measured with."""
    versions = {name: importlib.metadata.version(name) for name in ("django", "ai-edge-litert", "tensorflow", "flask")}
    return (
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()} {platform.release()}, "
        f"data on {_file_system(data)}; "
        f"Python {platform.python_version()}, Django {versions['django']}, LiteRT {versions['ai-edge-litert']}; "
        f"Flask {versions['flask']}, TensorFlow {versions['tensorflow']}. "
        f"Load of the machine before: {_load_average()}."
    )


def _processor() -> str:
    """The processor's name, which only Linux gives in full."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _file_system(path: Path) -> str:
    """The kind of file system under a folder: on one that lives in memory, syncing a file costs nothing."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "an unknown file system"
    around = [(place, kind) for place, kind in mounts if path.resolve().is_relative_to(place)]
    return max(around, key=lambda mount: len(mount[0]))[1] if around else "an unknown file system"


def _load_average() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
