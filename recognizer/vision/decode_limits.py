"""How much a picture may ask of us, and the sentences that say so."""

from __future__ import annotations

from dataclasses import dataclass

from recognizer.domain.errors import EmptyFile, NoFile, NoSuchPage, TooLarge, TooManyPages
from recognizer.vision.kinds import PAGED, sniff


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """The bounds of one decoding, and of the child process that does it.

    ``deadline_s`` covers sending, decoding and receiving; ``memory_mb`` is the address space of a child, and
    fits a progressive JPEG of ``max_jpeg_pixels`` with margin, and a document of ``max_document_bytes`` (what
    may have pages may be larger than a picture) three times over; a child is replaced after
    ``images_per_worker`` pictures, so that a slow leak in a decoder stays small.
    """

    max_bytes: int = 25 * 1024 * 1024
    max_document_bytes: int = 100 * 1024 * 1024
    max_pixels: int = 50_000_000
    max_jpeg_pixels: int = 100_000_000
    max_side: int = 65_535
    max_pages: int = 500
    deadline_s: float = 20.0
    memory_mb: int = 1200
    images_per_worker: int = 500

    def check_bytes(self, data: bytes | None) -> bytes:
        """The bytes, or NoFile, EmptyFile or TooLarge where they alone decide."""
        if data is None:
            raise NoFile
        if not data:
            raise EmptyFile
        most = self.max_document_bytes if len(data) > self.max_bytes and sniff(data) in PAGED else self.max_bytes
        if len(data) > most:
            raise TooLarge(f"This file is too large: at most {most / 1024 / 1024:g} MB can be read.")
        return data

    def check_size(self, width: int, height: int, *, is_jpeg: bool) -> None:
        """Raise TooLarge where the size in pixels is over the limit for its kind."""
        limit = self.max_jpeg_pixels if is_jpeg else self.max_pixels
        if width * height > limit:
            raise TooLarge(
                f"This picture has {width} × {height} pixels: at most {limit / 1e6:g} megapixels can be read."
            )
        if max(width, height) > self.max_side:
            raise TooLarge(
                f"This picture has {width} × {height} pixels: at most {self.max_side} on a side can be read."
            )

    def check_pages(self, pages: int) -> None:
        """Raise TooManyPages where a file has more pages than may be read of one."""
        if pages > self.max_pages:
            raise TooManyPages(
                f"This file has more than {self.max_pages} pages, the most that can be read of one file. "
                "Split it into smaller files."
            )

    def check_page(self, page: int, pages: int) -> None:
        """Raise NoSuchPage unless ``page`` is one of the file's pages, counted from 1."""
        if not 1 <= page <= pages:
            count = "1 page" if pages == 1 else f"{pages} pages"
            raise NoSuchPage(f"There is no page {page} in this file: it has {count}.")
