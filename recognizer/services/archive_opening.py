"""The members of a ZIP file that anybody may have made: what is in it, and the bytes of one. Nothing is unpacked to the
disk, and no name in it is ever a path.

What the archive says of itself is believed only where it makes less: a member is read to the size that it announces
and not beyond, and all announced sizes together are bounded. docs/reading-pictures.md tells what is taken.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from recognizer.domain.errors import BadArchive, EmptyFile, EncryptedFile, NumeralError, TooLarge, UnsupportedImage
from recognizer.domain.phrases import phrase
from recognizer.vision.kinds import sniff

ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
"""How a ZIP file begins, and one without members."""
HEAD_BYTES = 1024
"""So many of a file's first bytes tell its kind."""
MOST_DIRECTORY_BYTES = 16 * 2**20
"""Of the table of contents, which is read whole into memory."""
ENTRY_MARK, MOST_ENTRIES = b"PK\x01\x02", 25_000
"""Of the table of contents, folders and what is skipped counted; each costs half a kilobyte of memory."""
PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED, UTF8 = 0x1, 0x800
MOST_RATIO, RATIO_COUNTS_FROM = 500, 100 * 2**20
"""More than so many bytes for one, and the archive is a bomb: only white bitmaps come near, and they are few."""
LOCAL_HEADER = 30
SKIPPED_NAMES = {"thumbs.db", "desktop.ini"}
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error),
    *(UnicodeError, ValueError, OverflowError, KeyError, OSError),
)
"""What ``zipfile`` stumbles with over files that are broken, or made to break it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of an archive: members that are taken, bytes of one, and of all together, unpacked."""

    members: int
    member_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive, by its place; ``error`` says why it cannot be read, where that is known already."""

    at: int
    name: str
    kind: str
    error: NumeralError | None = None


class _Careful:
    """A stream from which no table of contents is read that would fill the memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        if size > MOST_DIRECTORY_BYTES:
            raise BadArchive(phrase("This ZIP file lists too many files. Give it in parts."))
        data = self.stream.read(MOST_DIRECTORY_BYTES if size < 0 else size)
        if data.count(ENTRY_MARK) > MOST_ENTRIES:
            raise BadArchive(phrase("This ZIP file lists too many files. Give it in parts."))
        return data


class Archive:
    """An open ZIP file. Raises BadArchive where it is none, is damaged as a whole, or holds too much."""

    def __init__(self, stream: IO[bytes], limits: Limits) -> None:
        self.limits = limits
        with _mistrusted():
            size = stream.seek(0, 2)
            self._zip = zipfile.ZipFile(_Careful(stream))
            self._entries = self._zip.infolist()
            self._check_places()
        self._taken = [at for at, entry in enumerate(self._entries) if not _skipped(entry)]
        self._check_sums(size)

    def members(self) -> list[Member]:
        """All files in it, in the order of its table of contents, without folders, links and what systems add."""
        return [self._member(at) for at in self._taken]

    def read(self, at: int) -> bytes:
        """The bytes of one member. Raises the error that ``members`` names, and BadArchive for a damaged one."""
        if not 0 <= at < len(self._entries):
            raise BadArchive
        entry = self._entries[at]
        if (error := self._refused(entry)) is not None:
            raise error
        with _mistrusted(phrase("This member of the ZIP file is damaged.")), self._zip.open(entry) as packed:
            data = packed.read(entry.file_size + 1)
            # Asked once more at its end, it compares the checksum.
            if len(data) != entry.file_size or packed.read(1):
                raise zipfile.BadZipFile
        return data

    def _member(self, at: int) -> Member:
        entry = self._entries[at]
        name = _shown(entry)
        error = self._refused(entry)
        if error is not None:
            return Member(at, name, "", error)
        try:
            with _mistrusted(phrase("This member of the ZIP file is damaged.")), self._zip.open(entry) as packed:
                head = packed.read(HEAD_BYTES)
        except NumeralError as damaged:
            return Member(at, name, "", damaged)
        if is_zip(head):
            sentence = phrase("This is a ZIP file, or an office document, inside a ZIP file. Unpack it first.")
            return Member(at, name, "ZIP", UnsupportedImage(sentence))
        kind = sniff(head)
        return Member(at, name, kind or "", None if kind else UnsupportedImage())

    def _refused(self, entry: zipfile.ZipInfo) -> NumeralError | None:
        """What is wrong with a member, as far as the table of contents tells."""
        if entry.flag_bits & ENCRYPTED:
            return EncryptedFile(phrase("This member is locked with a password. Make a ZIP file without one."))
        if entry.compress_type not in PACKINGS:
            return BadArchive(phrase("This member is packed in a way that is not read here. Make a plain ZIP file."))
        if entry.file_size == 0:
            return EmptyFile()
        if entry.file_size > self.limits.member_bytes:
            most = self.limits.member_bytes // 2**20
            return TooLarge(phrase("This file is too large; at most {most} MB can be read.", most=most))
        return None

    def _check_places(self) -> None:
        """Members that share bytes are how a small file unpacks to a vast one."""
        end = 0
        for entry in sorted(self._entries, key=lambda entry: entry.header_offset):
            if entry.header_offset < end:
                raise BadArchive(phrase("This ZIP file is damaged: files in it overlap."))
            end = entry.header_offset + LOCAL_HEADER + entry.compress_size
        if end > self._zip.start_dir:
            raise BadArchive

    def _check_sums(self, size: int) -> None:
        if len(self._taken) > self.limits.members:
            most = self.limits.members
            raise BadArchive(phrase("This ZIP file holds more than {most:,} files. Give it in parts.", most=most))
        total = sum(self._entries[at].file_size for at in self._taken if not self._refused(self._entries[at]))
        if total > self.limits.total_bytes:
            most = self.limits.total_bytes // 2**20
            raise BadArchive(phrase("Unpacked, this ZIP file is larger than {most:,} MB. Give it in parts.", most=most))
        if total > max(RATIO_COUNTS_FROM, MOST_RATIO * size):
            raise BadArchive(phrase("This ZIP file unpacks to far more than pictures do, so it was not opened."))


def is_zip(head: bytes) -> bool:
    """Whether a file that begins so is a ZIP file."""
    return head.startswith(ZIP_MARKS)


def cleaned_name(name: str, most: int) -> str:
    """A name from elsewhere as it may be shown, at most so long: the end of a path tells more than its beginning."""
    parts = [part.strip() for part in name.replace("\\", "/").split("/")]
    parts = [part for part in parts if part not in ("", ".", "..") and not part.endswith(":")]
    return "".join(sign if sign.isprintable() else "�" for sign in "/".join(parts))[-most:]


@contextmanager
def _mistrusted(sentence: str | None = None) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise BadArchive(sentence) from error


def _skipped(entry: zipfile.ZipInfo) -> bool:
    """Folders, links and devices, and what computers add unasked."""
    if entry.is_dir() or stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        return True
    parts = [part for part in entry.filename.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if not parts or "__MACOSX" in parts or parts[-1].lower() in SKIPPED_NAMES:
        return True
    return any(part.startswith(".") for part in parts)


def _shown(entry: zipfile.ZipInfo) -> str:
    """Its name; without the flag for UTF-8 it is most often UTF-8 all the same."""
    name = entry.filename
    if not entry.flag_bits & UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return cleaned_name(name, 200)
