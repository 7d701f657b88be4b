"""ZIP files are opened with suspicion: what is good in them is read, what is not fails alone, and no bomb goes off."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zipfile
from typing import Any

import pytest

from accounts.models import User
from recognizer.domain.errors import BadArchive, EncryptedFile, NumeralError
from recognizer.models import BatchFile, ModelVersion
from recognizer.services import archive_opening
from recognizer.services.archive_opening import Archive, Limits
from recognizer.services.batches import batch_close, batch_open, batch_retry
from recognizer.tests.batch_material import SEVEN, add, document, finish, outcome, zipped

LIMITS = Limits(members=100, member_bytes=2**20, total_bytes=20 * 2**20)


@pytest.fixture(autouse=True)
def _one_reader(settings: Any) -> None:
    settings.BATCH_READERS = 1


def opened(data: bytes, limits: Limits = LIMITS) -> Archive:
    return Archive(io.BytesIO(data), limits)


def listed(data: bytes) -> list[tuple[str, str, str]]:
    """Of each member: its name, its kind, and the code of what is wrong with it."""
    return [(m.name, m.kind, m.error.code if m.error else "") for m in opened(data).members()]


def patched(data: bytes, entry: int, offset: int, value: bytes) -> bytes:
    """With some bytes of an entry of the table of contents replaced."""
    at = -1
    for _number in range(entry + 1):
        at = data.index(b"PK\x01\x02", at + 1)
    return data[: at + offset] + value + data[at + offset + len(value) :]


def test_members_are_listed_in_order_without_what_systems_add() -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    data = zipped(
        [
            ("folder/", b""),
            ("folder/b.png", SEVEN),
            ("a.png", SEVEN),
            ("__MACOSX/a.png", SEVEN),
            ("folder/.hidden.png", SEVEN),
            (".git/x.png", SEVEN),
            ("Thumbs.db", b"thumbs"),
            (link, b"/etc/passwd"),
        ]
    )
    assert listed(data) == [("folder/b.png", "PNG", ""), ("a.png", "PNG", "")]
    assert opened(data).read(2) == SEVEN


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_are_no_paths_and_may_come_twice() -> None:
    names = ["../../etc/a.png", "/etc/b.png", "C:\\c.png", "same.png", "same.png"]
    data = zipped((name, SEVEN + bytes([at])) for at, name in enumerate(names))
    shown = ["etc/a.png", "etc/b.png", "c.png", "same.png", "same.png"]
    assert [name for name, _kind, _error in listed(data)] == shown
    assert [opened(data).read(at)[-1] for at in range(5)] == [0, 1, 2, 3, 4]


def test_names_that_are_utf_8_without_saying_so_are_understood() -> None:
    data = zipped([("gr\u00fcn.png", SEVEN), ("x.png", SEVEN)])
    unsaid = patched(data, 0, 8, struct.pack("<H", 0))
    local = unsaid.index(b"PK\x03\x04")
    unsaid = unsaid[: local + 6] + struct.pack("<H", 0) + unsaid[local + 8 :]
    assert listed(unsaid)[0] == ("gr\u00fcn.png", "PNG", "")
    other = zipped([("gr_n.png", SEVEN)]).replace(b"gr_n", b"gr\x81n")
    assert listed(other) == [("gr\u00fcn.png", "PNG", "")], "as DOS wrote it"
    raw = zipped([("gr\u00fcn.png", SEVEN)]).replace("gr\u00fcn".encode(), b"gr\xff\xffn")
    with pytest.raises(BadArchive):
        opened(raw)


@pytest.mark.parametrize(
    ("member", "code", "words"),
    [
        (b"", "empty_file", "empty"),
        (b"hello", "unsupported_image", "not a picture"),
        (zipped([("x.png", SEVEN)]), "unsupported_image", "inside a ZIP file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2**20), "too_large", "at most 1 MB"),
    ],
)
def test_a_member_that_cannot_be_read_says_why(member: bytes, code: str, words: str) -> None:
    archive = opened(zipped([("bad.png", member), ("good.png", SEVEN)], compression=zipfile.ZIP_STORED))
    bad, good = archive.members()
    assert bad.error is not None
    assert (bad.error.code, good.error) == (code, None)
    assert words in str(bad.error)


def test_locked_members_and_odd_packings_fail_alone() -> None:
    data = zipped([("locked.png", SEVEN), ("odd.png", SEVEN), ("good.png", SEVEN)])
    data = patched(data, 0, 8, struct.pack("<H", 1))
    data = patched(data, 1, 10, struct.pack("<H", 9))
    errors = [member.error for member in opened(data).members()]
    assert ["password" in str(errors[0]), "packed in a way" in str(errors[1]), errors[2]] == [True, True, None]
    for at, error in ((0, EncryptedFile), (1, BadArchive)):
        with pytest.raises(error):
            opened(data).read(at)


def test_what_the_table_of_contents_says_falsely_harms_only_that_member() -> None:
    """Its sizes, its checksum, its name."""
    good = zipped([("a.png", SEVEN), ("b.png", SEVEN)])
    for offset, value in (
        (16, b"\0\0\0\0"),
        (24, struct.pack("<I", 100)),
        (24, struct.pack("<I", len(SEVEN) + 100)),
        (20, struct.pack("<I", 50)),
        (46, b"z"),
    ):
        archive = opened(patched(good, 0, offset, value))
        with pytest.raises(BadArchive, match="member of the ZIP file is damaged"):
            archive.read(0)
        assert archive.read(1) == SEVEN


BROKEN = [b"", b"PK\x03\x04", SEVEN, zipped([("a.png", SEVEN)])[:-30], b"PK\x05\x06"]


@pytest.mark.parametrize("data", BROKEN)
def test_what_is_no_archive_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(BadArchive, match="damaged"):
        opened(data)


def test_overlapping_members_are_refused() -> None:
    data = zipped([("a.png", SEVEN), ("b.png", SEVEN)])
    with pytest.raises(BadArchive, match="overlap"):
        opened(patched(data, 1, 42, struct.pack("<I", 0)))


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    limits = Limits(members=1000, member_bytes=25 * 2**20, total_bytes=2000 * 2**20)
    flat = bytes(24 * 2**20)
    packed = zipped([(f"{number}.bmp", flat) for number in range(6)], compresslevel=9)
    assert len(packed) < 200_000
    with pytest.raises(BadArchive, match="far more than pictures do"):
        opened(packed, limits)
    with pytest.raises(BadArchive, match="larger than 20 MB"):
        opened(packed, Limits(members=1000, member_bytes=25 * 2**20, total_bytes=20 * 2**20))


def test_no_more_is_unpacked_than_was_announced() -> None:
    """A megabyte that says that it has a thousand bytes."""
    data = patched(zipped([("a.bmp", b"BM" + bytes(2**20))]), 0, 24, struct.pack("<I", 1000))
    archive = opened(data)
    tracemalloc.start()
    with pytest.raises(BadArchive):
        archive.read(0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**19


def test_ten_thousand_members_are_fine_and_more_are_not() -> None:
    limits = Limits(members=10_000, member_bytes=2**20, total_bytes=2**31)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(10_000):
            archive.writestr(f"{number}.png", SEVEN[:200])
    data = stream.getvalue()
    assert len(opened(data, limits).members()) == 10_000
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("one-more.png", SEVEN)
    with pytest.raises(BadArchive, match="more than 10,000 files"):
        opened(stream.getvalue(), limits)


def test_a_table_of_contents_that_would_fill_the_memory_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_opening, "MOST_ENTRIES", 10)
    with pytest.raises(BadArchive, match="lists too many files"):
        opened(zipped((f"{number}.txt", b"") for number in range(11)))
    monkeypatch.setattr(archive_opening, "MOST_ENTRIES", 25_000)
    monkeypatch.setattr(archive_opening, "MOST_DIRECTORY_BYTES", 200)
    with pytest.raises(BadArchive):
        opened(zipped((f"{number}.txt", b"") for number in range(11)))


def test_zip64_is_understood() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, archive.open("a.png", "w", force_zip64=True) as member:
        member.write(SEVEN)
    assert opened(stream.getvalue()).read(0) == SEVEN


def test_no_mutilated_archive_does_more_than_say_so() -> None:
    chance, said = random.Random(5), set()
    good = zipped([("a.png", SEVEN), ("b/c.png", SEVEN[:500]), ("d.txt", b"text")])
    for _round in range(600):
        data = bytearray(good)
        for _byte in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        try:
            archive = opened(bytes(data))
            for member in archive.members():
                if member.error is None:
                    archive.read(member.at)
        except NumeralError as error:
            said.add(str(error))
    assert len(said) > 1


def test_members_become_pictures_of_the_batch(alice: User, model: ModelVersion) -> None:
    batch = batch_open(owner=alice)
    inner = zipped([("x.png", SEVEN)])
    members = [("b.png", SEVEN), ("x.txt", b"text"), ("scan.pdf", document(["3", "4"])), ("in.zip", inner)]
    add(batch, "forms.zip", zipped(members))
    add(batch, "last.png", SEVEN)
    batch_close(batch=batch)
    finish(batch)
    assert outcome(batch) == [
        ("forms.zip/b.png", None, "done", "7"),
        ("forms.zip/x.txt", None, "failed", "unsupported_image"),
        ("forms.zip/scan.pdf", 1, "done", "3"),
        ("forms.zip/scan.pdf", 2, "done", "4"),
        ("forms.zip/in.zip", None, "failed", "unsupported_image"),
        ("last.png", None, "done", "7"),
    ]
    assert batch.uploads.get(page=2).name == "scan.pdf"


def test_an_archive_that_cannot_be_opened_fails_and_can_be_tried_again(
    alice: User, model: ModelVersion, settings: Any
) -> None:
    batch = batch_open(owner=alice)
    add(batch, "pile.zip", zipped([(f"{number}.png", SEVEN) for number in range(3)]))
    settings.MAX_BATCH_FILES = 2
    batch_close(batch=batch)
    finish(batch)
    assert outcome(batch) == [("pile.zip", None, "failed", "bad_archive")]
    assert "more than 2 files" in batch.items.get().error_message
    settings.MAX_BATCH_FILES = 3
    assert batch_retry(batch=batch) == 1
    finish(batch)
    assert [row[2] for row in outcome(batch)] == ["done"] * 3


def test_an_archive_that_kills_who_opens_it_is_given_up(
    alice: User, model: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_open(owner=alice)
    add(batch, "pile.zip", zipped([("a.png", SEVEN)]))
    BatchFile.objects.update(attempts=3, heartbeat_at="2026-01-01T00:00Z")
    batch_close(batch=batch)
    finish(batch)
    assert outcome(batch) == [("pile.zip", None, "failed", "bad_archive")]
    assert "given up" in batch.items.get().error_message


def test_an_archive_of_nothing_and_a_broken_one_say_so(alice: User, model: ModelVersion) -> None:
    batch = batch_open(owner=alice)
    add(batch, "empty.zip", zipped([]))
    add(batch, "broken.zip", zipped([("a.png", SEVEN)])[:-9])
    finish(batch)
    assert [row[2] for row in outcome(batch)] == ["failed", "failed"]
    messages = list(batch.items.order_by("order").values_list("error_message", flat=True))
    assert ["no picture in this" in messages[0], "damaged" in messages[1]] == [True, True]
