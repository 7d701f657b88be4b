"""From any of Pillow's modes to plain 8-bit colour or grey, and from colour to the grey that shows the ink best.

Runs inside the decoder's child process: Pillow only.
"""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageFilter, ImageStat

from recognizer.domain.errors import BadImage

DRAWING_PIXELS = 2_000_000
"""Larger pictures are photos and scans, where looking for what only drawings have is time lost."""

SAMPLE_SIDE = 256
"""Side, in pixels, of the small copy on which the projections to grey are compared."""

CLEARLY_BETTER = 1.5
"""How many times luminance's contrast energy another projection needs: colour channels carry more noise."""

COLOURLESS = 12
"""Channels that differ by no more than this carry no colour worth looking at."""

LIGHT_INK = 170
"""A drawing on transparent ground whose ink is lighter than this gets a black ground."""

_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_BLUR = ImageFilter.BoxBlur(8)


def to_plain(image: Image.Image) -> Image.Image:
    """The picture in mode "L" or "RGB", whatever mode it came in, laid on a ground where it was transparent."""
    if image.mode in _DEEP_MODES:
        return _to_eight_bit(image)
    if image.has_transparency_data:
        return _flatten(image.convert("RGBA") if image.mode != "RGBA" else image)
    if image.mode in ("1", "L"):
        return _in_mode(image, "L")
    if image.mode == "LAB":
        return image.getchannel("L")
    return _drop_colour(_in_mode(image, "RGB"))


def to_grey(image: Image.Image) -> Image.Image:
    """Mode "L", by the projection of the colours in which the ink stands out most.

    Luminance unless another one is clearly better: it all but loses yellow ink on white, and blue ink on
    red paper.
    """
    if image.mode == "L":
        return image
    sample = image.copy()
    sample.thumbnail((SAMPLE_SIDE, SAMPLE_SIDE), Image.Resampling.BOX)
    red, green, blue = sample.split()
    if max(_largest_difference(red, green), _largest_difference(green, blue)) <= COLOURLESS:
        return image.getchannel("G")
    luminance = _contrast(sample.convert("L"))
    energies = {name: _contrast(_project(sample, name)) for name in ("R", "G", "B", "min", "max")}
    best = max(energies, key=lambda name: energies[name])
    return _project(image, best) if energies[best] > CLEARLY_BETTER * luminance else image.convert("L")


def _project(image: Image.Image, name: str) -> Image.Image:
    """One channel of a colour picture, or its darkest or lightest channel pixel by pixel."""
    if name in ("R", "G", "B"):
        return image.getchannel(name)
    red, green, blue = image.split()
    pick = ImageChops.darker if name == "min" else ImageChops.lighter
    return pick(pick(red, green), blue)


def _contrast(grey: Image.Image) -> float:
    """Energy of what differs from its surroundings: ink counts, shadows and gradients hardly do."""
    return ImageStat.Stat(ImageChops.difference(grey, grey.filter(_BLUR))).sum2[0]


def _drop_colour(image: Image.Image) -> Image.Image:
    """A drawing whose channels are all the same as one channel: all that follows takes a third of the time."""
    if image.width * image.height > DRAWING_PIXELS:
        return image
    green = image.getchannel("G")
    levels = green.tobytes()  # compared as bytes: far quicker than by the channels' difference
    colourless = all(image.getchannel(name).tobytes() == levels for name in "RB")
    return green if colourless else _in_mode(image, "RGB")


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """Itself where it is in this mode already: ``convert`` would copy it."""
    return image if image.mode == mode else image.convert(mode)


def _largest_difference(first: Image.Image, second: Image.Image) -> int:
    _, largest = ImageChops.difference(first, second).getextrema()
    return int(largest)  # type: ignore[arg-type]


def _to_eight_bit(image: Image.Image) -> Image.Image:
    """Scale deep grey by the smallest power of two that holds it: 12-bit scans come in 16-bit files."""
    low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
    if not (math.isfinite(low) and math.isfinite(high)):
        raise BadImage
    offset = min(low, 0.0)
    span = high - offset
    full = 1.0 if span <= 1.0 and image.mode == "F" else max(255.0, 2.0 ** math.ceil(math.log2(span + 1.0)) - 1.0)
    factor = 255.0 / full
    # Pillow clips when it converts 16 bits to 8, so the scaling comes first, in floating point.
    deep = image if image.mode == "F" else image.convert("I").convert("F")
    return deep.point(lambda value: value * factor - offset * factor).convert("L")


def _flatten(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white, or on black where white would swallow it."""
    plain = _drop_colour(image)
    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return plain.convert("RGB") if plain.mode == "RGBA" else plain
    mode = "L" if plain.mode == "L" else "RGB"
    ground = Image.new(mode, image.size, _ground(plain.convert("L"), alpha))
    ground.paste(plain, mask=alpha)
    return ground


def _ground(grey: Image.Image, alpha: Image.Image) -> str:
    """White or black: the colour that the visible part, ink or a whole card, needs around it."""
    visible = alpha.point(lambda value: 255 if value >= 128 else 0)
    histogram = grey.histogram(visible)
    count = sum(histogram)
    if count == 0:
        return "white"
    mean = sum(level * number for level, number in enumerate(histogram)) / count
    if count > grey.width * grey.height / 2:  # a card with ink on it: go on as the card does
        return "white" if mean > 127 else "black"
    return "black" if mean > LIGHT_INK else "white"
