"""The pictures that the benchmarks read are drawn as the pages draw them: what they lean on there is still so."""

from __future__ import annotations

import io

from PIL import Image

from bench.pictures import canvas_png


def test_the_drawing_is_as_the_page_sends_it() -> None:
    picture = Image.open(io.BytesIO(canvas_png()))
    assert picture.format == "PNG"
    assert picture.width > picture.height > 100
