"""Sends the same upload many times from one or more clients, each over one kept connection."""

from __future__ import annotations

import http.client
import math
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, where it points to, and its text."""

    status: int
    location: str
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request as bytes; ``good`` says whether an answer is the one that was asked for."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    good: Callable[[Answer], bool]


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of requests cost: milliseconds at the 50th and 95th percentile, and requests a second."""

    clients: int
    requests: int
    p50_ms: float
    p95_ms: float
    per_second: float


def multipart(fields: Mapping[str, str], picture: bytes, filename: str) -> tuple[str, bytes]:
    """Content type and body of a form (RFC 7578) with a picture in its field ``image``."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{filename}"\r\n'
    kind = "image/png" if filename.endswith(".png") else "image/jpeg"
    parts += [f"{head}Content-Type: {kind}\r\n\r\n".encode(), picture, f"\r\n--{boundary}--\r\n".encode()]
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)


def send(connection: http.client.HTTPConnection, request: Request) -> Answer:
    """Send and read to the end. Raises RuntimeError where the answer is not good."""
    connection.request(request.method, request.path, request.body, dict(request.headers))
    response = connection.getresponse()
    text = response.read().decode("utf-8", "replace")
    answer = Answer(response.status, response.getheader("Location", ""), text)
    if not request.good(answer):
        raise RuntimeError(f"{request.method} {request.path} was answered {answer.status}: {text[:300]!r}")
    return answer


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)


def load(port: int, request: Request, *, clients: int, requests: int) -> Load:
    """Send ``requests`` in all, shared evenly by the clients, after one unmeasured request each."""
    stop, start = threading.Event(), threading.Barrier(clients + 1)
    wrong: list[BaseException] = []

    def client() -> list[float]:
        connection, taken = connect(port), []
        try:
            send(connection, request)
            start.wait()
            for _ in range(requests // clients):
                if stop.is_set():
                    break
                begun = time.perf_counter()
                send(connection, request)
                taken.append((time.perf_counter() - begun) * 1000)
        except BaseException as error:
            wrong.append(error)
            stop.set()
            start.abort()
            raise
        finally:
            connection.close()
        return taken

    with ThreadPoolExecutor(clients) as pool:
        runs = [pool.submit(client) for _ in range(clients)]
        try:
            seconds = _seconds_until_done(start, runs)
        except (threading.BrokenBarrierError, OSError, RuntimeError) as error:
            raise RuntimeError(f"An upload failed: {wrong[0] if wrong else error}") from error
        finally:
            stop.set()  # Ctrl-C: each client finishes the request it is at
    times = sorted(each for run in runs for each in run.result())
    return Load(clients, len(times), statistics.median(times), _percentile(times, 0.95), len(times) / seconds)


def _seconds_until_done(start: threading.Barrier, runs: list[Future[list[float]]]) -> float:
    start.wait()
    begun = time.perf_counter()
    for run in runs:
        run.result()
    return time.perf_counter() - begun


def _percentile(ordered: list[float], share: float) -> float:
    """The smallest value that at least ``share`` of them do not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
