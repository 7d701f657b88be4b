"""The decoder's child process: pictures in on standard input, decoded ones out on standard output.

Started as ``python -m recognizer.vision.decode_worker LIMITS`` (the limits as JSON) by ``decode_pool``. It ends when
its standard input does, so it never outlives its parent.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from dataclasses import asdict
from io import RawIOBase
from typing import Any

from recognizer.domain.errors import NumeralError, TooLarge
from recognizer.vision.decode import count_pages, decode
from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.frames import read_frame, write_frame


def main() -> None:
    """Serve until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the parent decides
    limits = DecodeLimits(**json.loads(sys.argv[1]))
    source, sink = _take_pipes()
    _limit_resources(limits.memory_mb)
    while True:
        try:
            header, parts = read_frame(source)
            write_frame(sink, *_answer(bytes(parts[0]), limits, header))
        except (EOFError, OSError):
            return


def _answer(data: bytes, limits: DecodeLimits, asked: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """The number of pages where only that is asked for, else one page decoded."""
    try:
        if asked["count"]:
            return {"pages": count_pages(data, limits)}, []
        decoded = asdict(decode(data, limits, copies=asked["copies"], page=asked["page"]))
    except NumeralError as error:
        return error.as_json(), []
    except MemoryError:
        return TooLarge("This picture needs more memory to open than one picture may take.").as_json(), []
    parts = [decoded.pop(name) for name in ("grey", "stored", "thumbnail")]
    return decoded, parts


def _take_pipes() -> tuple[RawIOBase, RawIOBase]:
    """The two pipes to the parent; afterwards nothing that a library prints can get between the frames."""
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return source, sink


def _limit_resources(memory_mb: int) -> None:
    """Bound what a decoder gone wrong can take. Windows has no such limits: the deadline has to do there."""
    try:
        import resource
    except ImportError:
        return
    memory = memory_mb * 1024 * 1024
    # No limit on processor time: it counts up over the child's whole life, not per picture.
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some of them
            resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main()
