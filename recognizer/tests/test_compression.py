"""Pages are compressed for who takes it; pictures and files are sent as they are."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any

from django.test import Client

from accounts.models import Keep, User
from recognizer.models import ModelVersion
from recognizer.services.ingest import picture_ingest

GZIP = {"Accept-Encoding": "gzip"}
SignIn = Callable[[User], Client]
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')
"""It is another one on each page, so that nobody learns it from compressed lengths."""


def test_a_page_is_compressed_for_who_takes_it(client: Client, db: None) -> None:
    plain, small = client.get("/"), client.get("/", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert TOKEN.sub(b"", gzip.decompress(small.content)) == TOKEN.sub(b"", plain.content)
    assert len(small.content) < len(plain.content) / 2


def test_the_length_of_a_page_tells_nothing(client: Client, db: None) -> None:
    assert len({len(client.get("/", headers=GZIP).content) for _ in range(20)}) > 1


def test_a_picture_is_sent_as_it_is(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    upload = picture_ingest(data=number_png("47"), owner=alice, keep=Keep.ALL).upload
    assert upload is not None
    response: Any = signed_in(alice).get(f"/history/{upload.id}/image/", headers=GZIP)
    assert response.headers["Content-Type"] == "image/png"
    assert "Content-Encoding" not in response.headers
    assert b"".join(response.streaming_content if response.streaming else [response.content]).startswith(b"\x89PNG")
