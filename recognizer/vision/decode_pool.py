"""A pool of warm child processes that decode pictures, so that a hostile one can't harm the process that serves.

The children hold no secrets (their environment is all but empty), have bounded memory and can't write files. The
parent keeps the deadline, and replaces a child that overran it, crashed, or has done its share.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from recognizer.domain.errors import (
    BadImage,
    DecoderUnavailable,
    EncryptedFile,
    NoSuchPage,
    NumeralError,
    TooLarge,
    TooManyPages,
    UnsupportedImage,
    sentence_of,
)
from recognizer.domain.phrases import phrase
from recognizer.domain.types import DecodedImage
from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.decoder_process import Asked, DecoderDied, DecoderOverran, DecoderProcess
from recognizer.vision.kinds import PAGED, sniff

__all__ = ["DecodeLimits", "DecodePool"]

_FELL = phrase("This picture is damaged, or needs more memory to open than one picture may take.")
_NAMED = (TooLarge, TooManyPages, UnsupportedImage, BadImage, NoSuchPage, EncryptedFile)
_ERRORS: dict[str, type[NumeralError]] = {error.code: error for error in _NAMED}


class DecodePool:
    """At most ``size`` decoders, started when first needed. Safe to use from many threads, and across fork.

    A forked process gets decoders of its own: two processes on one pipe would read each other's pictures.
    """

    def __init__(self, size: int, limits: DecodeLimits | None = None) -> None:
        if size < 1:
            raise ValueError("A pool needs at least one decoder.")
        self.size = size
        self.limits = limits or DecodeLimits()
        self._start_empty()
        _pools.add(self)

    def __del__(self) -> None:
        # A pool that nobody holds any more must not leave its decoders behind.
        if hasattr(self, "_all"):
            self.close()

    def decode(self, data: bytes | None, *, copies: bool = False, page: int = 1) -> DecodedImage:
        """Decode one upload, or one page (from 1) of it; ``copies`` to keep of it are made only where they are asked
        for, since they take as long as the picture itself.

        Raises NoFile, EmptyFile, TooLarge, TooManyPages, NoSuchPage, UnsupportedImage, EncryptedFile or BadImage where
        the file is at fault, and DecoderUnavailable where we are.
        """
        return _to_image(*self._answered(self.limits.check_bytes(data), Asked(copies=copies, page=page)))

    def page_count(self, data: bytes | None) -> int:
        """How many pages an upload has, without decoding any: 1 for whatever is no PDF and no TIFF.

        Raises what ``decode`` does; what only shows when a page is decoded is not found out here.
        """
        data = self.limits.check_bytes(data)
        kind = sniff(data)
        if kind is None:
            raise UnsupportedImage
        if kind not in PAGED:
            return 1
        header, _ = self._answered(data, Asked(count=True))
        return int(header["pages"])

    def warm(self) -> None:
        """Start one decoder now, without waiting for it, so that the first picture needn't."""
        with self._slot(), suppress(DecoderDied):
            self._give_back(self._take())

    def pids(self) -> list[int]:
        """Process ids of the decoders alive now."""
        with self._lock:
            return sorted(process.pid for process in self._all if process.alive)

    def close(self) -> None:
        """End all decoders; a later ``decode`` starts new ones."""
        with self._lock:
            processes = list(self._all)
            self._all.clear()
            self._idle.clear()
        for process in processes:
            process.end()

    def _start_empty(self) -> None:
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(self.size)
        self._idle: list[DecoderProcess] = []
        self._all: set[DecoderProcess] = set()

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """One of the ``size`` places, waited for no longer than one picture may take."""
        slots = self._slots
        if not slots.acquire(timeout=self.limits.deadline_s):
            raise DecoderUnavailable(phrase("Too many pictures are being opened just now. Try again in a moment."))
        try:
            yield
        finally:
            slots.release()

    def _answered(self, data: bytes, asked: Asked) -> tuple[dict[str, Any], list[bytearray]]:
        """A decoder's answer, or the error that it names, or that its end means."""
        with self._slot():
            try:
                header, parts = self._ask(data, asked)
            except DecoderDied as error:
                raise BadImage(_FELL) if error.crashed else DecoderUnavailable from error
            except DecoderOverran as error:
                raise BadImage(phrase("This picture took too long to open, so it was given up.")) from error
        if "error" in header:
            raise _ERRORS[header["error"]["code"]](sentence_of(header["error"]))
        return header, parts

    def _ask(self, data: bytes, asked: Asked) -> tuple[dict[str, Any], list[bytearray]]:
        """Ask a decoder, and a fresh one where the first died: once may be chance, twice hardly."""
        try:
            return self._ask_one(self._take(), data, asked)
        except DecoderDied:
            return self._ask_one(self._take(fresh=True), data, asked)

    def _ask_one(self, process: DecoderProcess, data: bytes, asked: Asked) -> tuple[dict[str, Any], list[bytearray]]:
        try:
            answer = process.ask(data, self.limits.deadline_s, asked)
        except BaseException:
            self._drop(process)
            raise
        if process.images >= self.limits.images_per_worker:
            self._drop(process)
        else:
            self._give_back(process)
        return answer

    def _take(self, *, fresh: bool = False) -> DecoderProcess:
        """An idle decoder that is alive, the last used first, or a new one. Call it while holding a slot."""
        with self._lock:
            process = self._idle.pop() if self._idle else None
        if process is not None:
            if process.alive and not fresh:
                return process
            self._drop(process)
            return self._take(fresh=fresh)
        process = DecoderProcess(self.limits)
        with self._lock:
            self._all.add(process)
        return process

    def _give_back(self, process: DecoderProcess) -> None:
        with self._lock:
            if process in self._all:  # else the pool was closed meanwhile
                self._idle.append(process)

    def _drop(self, process: DecoderProcess) -> None:
        with self._lock:
            self._all.discard(process)
        process.end()

    def after_fork(self) -> None:
        """In a forked process: let go of the parent's decoders, and of locks that may be held for ever."""
        processes = self._all
        self._start_empty()
        for process in processes:
            process.disown()


def _to_image(header: dict[str, Any], parts: list[bytearray]) -> DecodedImage:
    """A child's answer as a picture."""
    grey, stored, thumbnail = parts
    return DecodedImage(
        gray=np.frombuffer(grey, dtype=np.uint8).reshape(header["grey_height"], header["grey_width"]),
        width=header["width"],
        height=header["height"],
        scale=header["width"] / header["grey_width"],
        stored=bytes(stored),
        stored_type=header["stored_type"],
        thumbnail=bytes(thumbnail),
        page=header["page"],
        pages=header["pages"],
    )


_pools: weakref.WeakSet[DecodePool] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for pool in list(_pools):
        pool.close()


def _forget_all() -> None:
    for pool in list(_pools):
        pool.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
