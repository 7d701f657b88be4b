"""The kinds of files that are taken, told apart by their first bytes: names, and what browsers say, count for nothing.

Needs no decoder, so the parent of the decoders knows the kinds too.
"""

from __future__ import annotations

PAGED = frozenset({"PDF", "TIFF"})
"""The kinds that may hold several pages. Of an animation or a burst only one picture counts."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)

# ISO/IEC 23008-12 (HEIF) and AV1 Image File Format: the brands that a file's first box names.
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_EITHER = frozenset({b"mif1", b"msf1"})
_MOST_BRANDS = 64

_PDF, _PDF_WITHIN = b"%PDF-", 1024
"""Readers of PDF look for its mark in the first kilobyte: scanners and mailers put bytes of theirs before it."""


def sniff(data: bytes) -> str | None:
    """The kind of file by its first bytes, in Pillow's names and "PDF"; None for anything not taken here."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _by_brands(data)
    kind = next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
    return "PDF" if kind is None and _PDF in data[:_PDF_WITHIN] else kind


def _by_brands(data: bytes) -> str | None:
    """HEIF and AVIF share a container, and may name themselves by what they share; videos are in it too."""
    major = data[8:12]
    if major in _AVIF_BRANDS:
        return "AVIF"
    if major in _HEIF_BRANDS:
        return "HEIF"
    if major not in _EITHER:
        return None
    end = min(int.from_bytes(data[:4], "big"), 16 + 4 * _MOST_BRANDS)
    others = {data[at : at + 4] for at in range(16, end, 4)}
    return "AVIF" if others & _AVIF_BRANDS else "HEIF"
