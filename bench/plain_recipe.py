"""What Numeral is measured against: the view that student reports of this kind show.

A Flask view that, for each request, loads the Keras model, opens the picture with Pillow, makes it grey, shrinks the
whole of it to 28×28, inverts it where a corner is light, and calls ``predict``. It keeps nothing and knows nobody.
``python -m bench.plain_recipe PORT MODEL`` serves it with Flask's own threaded server, as those reports do.
"""

# mypy: disable-error-code="import-not-found"
from __future__ import annotations

import logging
import sys

import keras
import numpy as np
from flask import Flask, request
from PIL import Image

app = Flask(__name__)


def predict() -> str:
    """Read the picture of the form's field ``image``; the answer is the digit."""
    model = keras.models.load_model(app.config["MODEL"])
    picture = Image.open(request.files["image"].stream).convert("L").resize((28, 28))
    pixels = np.asarray(picture, np.float32)
    if pixels[0, 0] > 127:
        pixels = 255 - pixels
    return str(model.predict(pixels.reshape(1, 28, 28, 1), verbose=0).argmax())


app.add_url_rule("/predict", view_func=predict, methods=["POST"])


def main(port: int, model: str) -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app.config["MODEL"] = model
    app.run(host="127.0.0.1", port=port, threaded=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
