"""What a model's archive or folder holds, read with suspicion: it may come from anybody.

Nothing is unpacked to the disk. Of all but the manifest, the card and the LiteRT file only name and size are looked at.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from recognizer.domain.errors import BadModel
from recognizer.domain.phrases import phrase
from recognizer.inference.card import CARD_FILE, MAX_CARD_BYTES, NETWORK_FILE, PLAIN_NAME
from recognizer.inference.network import MAX_NETWORK_BYTES

MANIFEST_FILE = "manifest.json"
TAKEN = {MANIFEST_FILE: MAX_CARD_BYTES, CARD_FILE: MAX_CARD_BYTES, NETWORK_FILE: MAX_NETWORK_BYTES}
"""The files that are read, and how many bytes each may have."""
MOST_FILES = 64
MOST_BYTES = 1024 * 2**20
"""Of all files together, unpacked: more is no model's."""
MOST_DIRECTORY_BYTES = 64 * 1024
"""Of a ZIP's table of contents, which is read whole into memory."""
PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
END = struct.Struct("<4s4H2LH")
"""A ZIP's last record (APPNOTE 4.3.16): signature, disks, counts, the table's size and place, the comment's length."""
END_64 = b"PK\x06\x07"
ENCRYPTED = 1


@dataclass(frozen=True, slots=True)
class Contents:
    """The bytes of what is taken, and the names of what is left where it is."""

    manifest: bytes
    card: bytes
    network: bytes
    left_out: tuple[str, ...]


def contents_of(source: Path | BinaryIO) -> Contents:
    """Read a folder, a ZIP file, or an open ZIP. Raises BadModel with a sentence that says what is wrong with it."""
    try:
        if not isinstance(source, Path):
            return _of_zip(source)
        if source.is_dir():
            return _of_folder(source)
        if not source.is_file():
            raise BadModel(phrase("There is no archive or folder {source}.", source=source))
        with source.open("rb") as stream:
            return _of_zip(stream)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error) as error:
        raise BadModel(phrase("The archive is damaged, or no ZIP file.")) from error
    except OSError as error:
        raise BadModel(phrase("The archive cannot be read: {reason}.", reason=error.strerror or error)) from error


def _of_folder(folder: Path) -> Contents:
    files: dict[str, Path] = {}
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_file():
            raise BadModel(phrase("The folder holds “{name}”, which is a link or no file.", name=_shown(path.name)))
        files[path.name] = path
        if len(files) > MOST_FILES:
            break
    _check_names(files, phrase("The folder"))
    _check_sizes((name, path.stat().st_size) for name, path in files.items())

    def read(name: str) -> bytes:
        with files[name].open("rb") as stream:
            return stream.read(TAKEN[name] + 1)

    return _taken(files, read)


def _of_zip(stream: BinaryIO) -> Contents:
    _check_table_of_contents(stream)
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        # ``filename`` is what zipfile made of the name: cut at a 0, with other slashes.
        _check_names([entry.orig_filename for entry in entries], phrase("The archive"))
        for entry in entries:
            _check_entry(entry)
        _check_sizes((entry.filename, entry.file_size) for entry in entries)

        def read(name: str) -> bytes:
            with archive.open(name) as packed:  # compares the checksum at its end
                return packed.read(TAKEN[name] + 1)

        return _taken([entry.filename for entry in entries], read)


def _check_table_of_contents(stream: BinaryIO) -> None:
    """Bound what opening the ZIP will read: without this, a small file could list millions of entries."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - END.size - 20))
    tail = stream.read()
    if len(tail) < END.size:
        raise zipfile.BadZipFile
    signature, *_, table_bytes, _, comment = END.unpack(tail[-END.size :])
    if signature != b"PK\x05\x06" or comment:
        raise zipfile.BadZipFile
    if table_bytes > MOST_DIRECTORY_BYTES or tail.startswith(END_64):
        raise BadModel(phrase("The archive lists too many files."))


def _check_entry(entry: zipfile.ZipInfo) -> None:
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise BadModel(
            phrase("The archive's entry “{filename}” is a link or no file.", filename=_shown(entry.filename))
        )
    if entry.flag_bits & ENCRYPTED:
        raise BadModel(phrase("The archive is encrypted."))
    if entry.compress_type not in PACKINGS:
        raise BadModel(phrase("The archive is packed in a way that isn't read here; use plain ZIP (deflate)."))


def _check_names(names: Iterable[str], what: str) -> None:
    names = list(names)
    if len(names) > MOST_FILES:
        raise BadModel(phrase("{what} holds too many files; a model has {most} at most.", what=what, most=MOST_FILES))
    for name in names:
        if not PLAIN_NAME.fullmatch(name):
            raise BadModel(
                phrase(
                    "{what} holds “{name}”; a model's files lie side by side and have plain names.",
                    what=what,
                    name=_shown(name),
                )
            )
    if len({name.lower() for name in names}) < len(names):
        raise BadModel(phrase("{what} holds two files of the same name.", what=what))


def _check_sizes(sizes: Iterable[tuple[str, int]]) -> None:
    total = 0
    for name, size in sizes:
        total += size
        if size > TAKEN.get(name, MOST_BYTES) or total > MOST_BYTES:
            raise BadModel(phrase("With “{name}” the model would be too large.", name=name))


def _taken(names: Iterable[str], read: Callable[[str], bytes]) -> Contents:
    names = set(names)
    for name in TAKEN:
        if name not in names:
            raise BadModel(phrase("There is no {name}. Was it made by `manage.py models export`?", name=name))
    content = {name: read(name) for name in TAKEN}
    _check_sizes((name, len(data)) for name, data in content.items())
    left_out = tuple(sorted(names - TAKEN.keys()))
    return Contents(content[MANIFEST_FILE], content[CARD_FILE], content[NETWORK_FILE], left_out)


def _shown(name: str) -> str:
    """A name from elsewhere as a sentence can bear it."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:60])
