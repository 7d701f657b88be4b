"""Bad input gets a clear sentence and its status, in the browser and in `manage.py read`; nothing is stored."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image

from accounts.models import User
from recognizer.models import ModelVersion, Upload
from recognizer.services.decoding import decoder_pool
from recognizer.tests.pictures import huge_png

SignIn = Callable[[User], Client]
SEVEN = np.full((200, 200), 255, np.uint8)
cv2.putText(SEVEN, "7", (60, 150), cv2.FONT_HERSHEY_SIMPLEX, 4, 0, 12, cv2.LINE_AA)


def encoded(kind: str, mode: str = "L", **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(SEVEN).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


def animated_gif() -> bytes:
    stream = io.BytesIO()
    frames = [Image.fromarray(SEVEN), Image.new("L", (200, 200), 255)]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    return stream.getvalue()


def sixteen_bit_png() -> bytes:
    return bytes(cv2.imencode(".png", SEVEN.astype(np.uint16) * 257)[1])


REFUSED = {
    "empty.png": (b"", 400, "empty"),
    "text.png": (b"this is no picture at all\n" * 20, 415, "not a picture"),
    "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 415, "not a picture"),
    "short.jpg": (encoded("JPEG")[:-1500], 422, "damaged or cut short"),
    "huge.png": (huge_png(), 413, "megapixel"),
}
READ = {
    "frames.gif": animated_gif(),
    "print.jpg": encoded("JPEG", "CMYK"),
    "deep.png": sixteen_bit_png(),
    "plain.bmp": encoded("BMP"),
    "plain.webp": encoded("WEBP"),
    "plain.tiff": encoded("TIFF"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    name: str,
    alice: User,
    signed_in: SignIn,
    model: ModelVersion,
    private_files: Callable[[], set[str]],
) -> None:
    data, status, words = REFUSED[name]
    response = signed_in(alice).post("/read/", {"image": SimpleUploadedFile(name, data), "keep": "all"})
    assert response.status_code == status
    assert words in response.context["error"]
    assert not Upload.objects.exists()
    assert private_files() == set()


@pytest.mark.parametrize("name", REFUSED)
def test_the_command_says_the_same_goes_on_and_exits_with_1(
    name: str, model: ModelVersion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, _, words = REFUSED[name]
    (tmp_path / name).write_bytes(data)
    (tmp_path / "z.png").write_bytes(encoded("PNG"))
    with pytest.raises(SystemExit) as stopped:
        call_command("read", str(tmp_path / name), str(tmp_path / "z.png"), "--format", "json")
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert stopped.value.code == 1
    assert words in first["error"]["message"]
    assert second["text"] == "7"


def test_no_file_at_all_is_said(alice: User, signed_in: SignIn, model: ModelVersion) -> None:
    response = signed_in(alice).post("/read/", {"keep": "all"})
    assert response.status_code == 400
    assert "No picture was given" in response.context["error"]


def test_a_file_over_the_limit_is_refused_and_never_held_in_memory(
    alice: User, signed_in: SignIn, model: ModelVersion, settings: Any
) -> None:
    settings.MAX_UPLOAD_MEGABYTES = 1
    file = SimpleUploadedFile("large.png", bytes(3 * 2**20))
    response = signed_in(alice).post("/read/", {"image": file, "keep": "all"})
    assert response.status_code == 413
    assert "at most 1 MB" in response.context["error"]


@pytest.mark.parametrize("name", READ)
def test_odd_but_honest_pictures_are_read(name: str, alice: User, signed_in: SignIn, model: ModelVersion) -> None:
    file = SimpleUploadedFile(name, READ[name])
    response = signed_in(alice).post("/read/", {"image": file, "keep": "all", "expect": "one"})
    assert response.status_code == 302
    assert Upload.objects.get().text == "7"


@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "LA", "I;16"])
def test_every_way_to_store_a_dot_is_understood(mode: str, alice: User, signed_in: SignIn, model: ModelVersion) -> None:
    data = sixteen_bit_png() if mode == "I;16" else encoded("PNG", mode)
    signed_in(alice).post("/read/", {"image": SimpleUploadedFile("x.png", data), "keep": "all"})
    assert Upload.objects.get().text == "7"


def test_a_single_dot_is_rejected_politely(alice: User, signed_in: SignIn, model: ModelVersion) -> None:
    stream = io.BytesIO()
    Image.new("L", (1, 1), 0).save(stream, "PNG")
    file = SimpleUploadedFile("dot.png", stream.getvalue())
    assert signed_in(alice).post("/read/", {"image": file, "keep": "all"}).status_code == 302
    assert Upload.objects.get().state == "rejected"


def test_a_decoder_killed_between_two_pictures_is_replaced(alice: User, signed_in: SignIn, model: ModelVersion) -> None:
    import os
    import signal

    client = signed_in(alice)
    for _ in range(2):
        client.post("/read/", {"image": SimpleUploadedFile("x.png", encoded("PNG")), "keep": "all"})
        for pid in decoder_pool().pids():
            os.kill(pid, signal.SIGKILL)
    assert list(Upload.objects.values_list("text", flat=True)) == ["7", "7"]


def test_a_file_name_is_only_a_label(
    alice: User, signed_in: SignIn, model: ModelVersion, private_files: Callable[[], set[str]]
) -> None:
    file = SimpleUploadedFile("x.png", encoded("PNG"))
    file._name = "..\\..\\etc/<b>passwd</b>" + "x" * 300 + ".php"  # type: ignore[attr-defined]
    client = signed_in(alice)
    response = client.post("/read/", {"image": file, "keep": "all"})
    upload = Upload.objects.get()
    assert len(upload.name) <= 200
    assert upload.id.hex in (upload.image.name or "")
    assert (upload.image.name or "").endswith(".png")
    assert b"<b>passwd" not in client.get(response.headers["Location"]).content
    assert all("passwd" not in name for name in private_files())


def test_the_command_needs_a_sensible_expectation(model: ModelVersion, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="from 1 to 50"):
        call_command("read", str(tmp_path), "--expect", "0")
