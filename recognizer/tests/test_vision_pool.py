"""The pool of decoders survives whatever happens to a decoder, and a decoder's picture happens to nobody else."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognizer.domain.errors import BadImage, DecoderUnavailable, EmptyFile, NoFile, TooLarge, UnsupportedImage
from recognizer.tests.pictures import as_jpeg, as_png, encode, huge_png, page
from recognizer.vision import decoder_process
from recognizer.vision.decode_pool import DecodeLimits, DecodePool

on_unix = pytest.mark.skipif(sys.platform == "win32", reason="signals, fork and memory limits as Unix has them")


@pytest.fixture
def pool() -> Iterator[DecodePool]:
    pool = DecodePool(2, DecodeLimits())
    yield pool
    pool.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_a_picture_comes_back_as_it_would_without_a_pool(pool: DecodePool) -> None:
    picture = page("42")
    decoded = pool.decode(as_png(picture), copies=True)
    np.testing.assert_array_equal(decoded.gray, picture)
    assert (decoded.width, decoded.height, decoded.scale) == (400, 300, 1.0)
    assert decoded.stored_type == "image/png"
    assert decoded.thumbnail.startswith(b"\xff\xd8")
    assert pool.decode(as_png(picture)).thumbnail == b""  # copies are made only where they are asked for


def test_the_scale_leads_from_the_grey_picture_to_the_original(pool: DecodePool) -> None:
    decoded = pool.decode(as_jpeg(np.full((3000, 4000), 200, dtype=np.uint8)))
    assert decoded.gray.shape[1] * decoded.scale == pytest.approx(4000)
    assert decoded.gray.size <= 4_000_000


def test_decoders_start_when_first_needed_and_are_used_again(pool: DecodePool) -> None:
    assert pool.pids() == []
    pool.decode(as_png(page("1")))
    pids = pool.pids()
    pool.decode(as_png(page("2")))
    assert len(pids) == 1
    assert pool.pids() == pids


def test_a_pool_can_be_warmed(pool: DecodePool) -> None:
    pool.warm()
    pids = pool.pids()
    pool.decode(as_png(page("1")))
    assert pool.pids() == pids


@pytest.mark.parametrize(
    ("data", "error", "sentence"),
    [
        (None, NoFile, "No picture"),
        (b"", EmptyFile, "empty"),
        (bytes(25 * 1024 * 1024 + 1), TooLarge, "at most 25 MB"),
        (huge_png(), TooLarge, "at most 50 megapixels"),
        (b"text", UnsupportedImage, "PNG, JPEG"),
        (as_jpeg(page("4"))[:700], BadImage, "cut short"),
    ],
)
def test_bad_input_is_answered_by_name_and_with_a_sentence(
    pool: DecodePool, data: bytes | None, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        pool.decode(data)
    assert pool.decode(as_png(page("1"))).width == 400


def test_too_many_bytes_never_reach_a_decoder(pool: DecodePool) -> None:
    with pytest.raises(TooLarge):
        pool.decode(bytes(60 * 1024 * 1024))
    assert pool.pids() == []


@on_unix
def test_a_decoder_killed_while_idle_is_replaced_unnoticed(pool: DecodePool) -> None:
    pool.decode(as_png(page("1")))
    (pid,) = pool.pids()
    os.kill(pid, signal.SIGKILL)
    assert pool.decode(as_png(page("1"))).width == 400
    assert pid not in pool.pids()


@on_unix
def test_a_decoder_killed_in_the_middle_is_replaced_and_the_picture_decoded(pool: DecodePool) -> None:
    pool.warm()
    (pid,) = pool.pids()
    os.kill(pid, signal.SIGSTOP)  # it now takes the picture in and never answers
    killer = threading.Timer(0.2, os.kill, (pid, signal.SIGKILL))
    killer.start()
    assert pool.decode(as_png(page("1"))).width == 400
    assert pid not in pool.pids()


@on_unix
def test_decoders_that_die_twice_over_one_picture_are_given_up(
    pool: DecodePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_process, "WORKER", ("-c", "import sys; sys.stdin.buffer.read(5)"))
    with pytest.raises(DecoderUnavailable):
        pool.decode(as_png(page("1")))
    assert pool.pids() == []


def test_a_decoder_that_talks_nonsense_is_given_up(pool: DecodePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder_process, "WORKER", ("-c", "print('hello, this is no frame')"))
    with pytest.raises(DecoderUnavailable):
        pool.decode(as_png(page("1")))


def test_a_decoder_that_cannot_be_started_is_unavailable(pool: DecodePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/there/is/no/python")
    with pytest.raises(DecoderUnavailable):
        pool.decode(as_png(page("1")))


@on_unix
def test_a_picture_that_takes_too_long_is_given_up_with_its_decoder() -> None:
    pool = DecodePool(1, DecodeLimits(deadline_s=0.4))
    pool.warm()
    (pid,) = pool.pids()
    os.kill(pid, signal.SIGSTOP)
    before = time.monotonic()
    with pytest.raises(BadImage, match="took too long"):
        pool.decode(as_png(np.zeros((3000, 3000), dtype=np.uint8)))
    assert time.monotonic() - before < 3
    assert not is_alive(pid)
    pool.close()


@on_unix
def test_the_deadline_holds_while_the_picture_is_still_being_sent() -> None:
    pool = DecodePool(1, DecodeLimits(deadline_s=0.4))
    pool.warm()
    os.kill(pool.pids()[0], signal.SIGSTOP)
    with pytest.raises(BadImage, match="took too long"):
        pool.decode(bytes(20_000_000))
    pool.close()


@on_unix
def test_a_picture_that_needs_too_much_memory_is_too_large_and_the_decoder_lives_on() -> None:
    pool = DecodePool(1, DecodeLimits(memory_mb=160))
    pool.warm()
    pids = pool.pids()
    with pytest.raises(TooLarge, match="memory"):
        pool.decode(encode(np.zeros((6000, 6000, 3), dtype=np.uint8), "PNG", compress_level=1))
    assert pool.decode(as_png(page("1"))).width == 400
    assert pool.pids() == pids
    pool.close()


def test_the_largest_pictures_that_are_taken_fit_into_the_memory(pool: DecodePool) -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (7070, 7070), (250, 250, 250, 200)).save(buffer, "PNG", compress_level=1)
    assert pool.decode(buffer.getvalue()).width == 7070


def test_a_decoder_is_replaced_after_its_share_of_pictures() -> None:
    pool = DecodePool(1, DecodeLimits(images_per_worker=2))
    seen = set()
    for _ in range(5):
        seen.update(pool.pids())
        pool.decode(as_png(page("1")))
    pool.close()
    assert len(seen) == 2


def test_eight_threads_share_two_decoders_and_each_gets_its_own_picture(pool: DecodePool) -> None:
    wrong: list[int] = []

    def work(shade: int) -> None:
        for _ in range(5):
            picture = np.full((200 + shade, 300), shade, dtype=np.uint8)
            if not np.array_equal(pool.decode(as_png(picture)).gray, picture):
                wrong.append(shade)

    threads = [threading.Thread(target=work, args=(10 * index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    assert 1 <= len(pool.pids()) <= 2


@on_unix
def test_waiting_for_a_decoder_has_an_end_too() -> None:
    pool = DecodePool(1, DecodeLimits(deadline_s=1.0))
    pool.warm()
    os.kill(pool.pids()[0], signal.SIGSTOP)
    answers: list[str] = []

    def ask() -> None:
        try:
            pool.decode(as_png(page("1")))
        except (BadImage, DecoderUnavailable) as error:
            answers.append(error.code)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    pool.close()
    assert "bad_image" in answers
    assert not any(thread.is_alive() for thread in threads)


def test_closing_ends_all_decoders_and_a_later_picture_starts_new_ones(pool: DecodePool) -> None:
    pool.decode(as_png(page("1")))
    (pid,) = pool.pids()
    pool.close()
    assert pool.pids() == []
    assert pool.decode(as_png(page("1"))).width == 400
    assert pid not in pool.pids()


@on_unix
def test_a_forked_process_gets_decoders_of_its_own_and_leaves_its_parents_alone(pool: DecodePool) -> None:
    pool.decode(as_png(page("1")))
    before = pool.pids()
    child = os.fork()
    if child == 0:
        fine = pool.pids() == [] and pool.decode(as_png(page("2"))).width == 400
        fine = fine and set(pool.pids()).isdisjoint(before)
        pool.close()
        os._exit(0 if fine else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert pool.decode(as_png(page("1"))).width == 400
    assert pool.pids() == before


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_decoders_end_when_their_parent_is_killed() -> None:
    code = (
        "import time; from recognizer.vision.decode_pool import DecodePool\n"
        "from recognizer.tests.pictures import as_png, page\n"
        "pool = DecodePool(1); pool.decode(as_png(page('1'))); print(pool.pids()[0], flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not is_alive(pid))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_a_decoder_sees_no_secrets_and_can_write_no_files(pool: DecodePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret")
    pool.decode(as_png(page("1")))
    (pid,) = pool.pids()
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert b"SECRET" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert [line.split()[3] for line in limits.splitlines() if line.startswith("Max file size")] == ["0"]
    libraries = Path(f"/proc/{pid}/maps").read_text()
    assert "PIL" in libraries
    assert "numpy" not in libraries
    assert "cv2" not in libraries


def test_a_pool_without_decoders_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        DecodePool(0)
