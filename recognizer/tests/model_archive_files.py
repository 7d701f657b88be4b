"""Archives of models for tests: made, taken apart, changed, and put together again."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from recognizer.inference import trial
from recognizer.models import ModelVersion
from recognizer.services.model_archives import model_export, model_import
from recognizer.services.registry import model_register
from recognizer.tests.tiny_networks import digit_network, save_model

Files = dict[str, bytes]


def tiny_model(folder: Path) -> ModelVersion:
    """A registered, tiny digit model with the files that training leaves."""
    made = save_model(folder / "made" / "tiny", "digit", digit_network(), version=7)
    (made / "model.keras").write_bytes(b"what Keras loads")
    (made / "learning.svg").write_text("<svg><script>alert(1)</script></svg>")
    return model_register(directory=made)


def try_networks_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try networks in this process, which is quicker: that they have one of their own is one test's matter."""

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        problem = trial.problem_of(Path(command[-1]), json.loads(options["input"]))
        return subprocess.CompletedProcess(command, 0, json.dumps({"problem": problem}), "")

    monkeypatch.setattr("recognizer.services.model_archives.subprocess.run", run)


def exported(model: ModelVersion) -> bytes:
    stream = io.BytesIO()
    model_export(model=model, stream=stream)
    return stream.getvalue()


def unpacked(archive: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(files: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def take_in(archive: bytes, name: str = "arrived") -> ModelVersion:
    return model_import(source=io.BytesIO(archive), name=name).model


def sealed(files: Files) -> Files:
    """The files with a manifest whose checksums fit again, as somebody would make them who means harm."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if "manifest" not in name
    }
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def with_card(files: Files, /, **changes: Any) -> Files:
    card = {**json.loads(files["card.json"]), **changes}
    return sealed({**files, "card.json": json.dumps(card).encode()})


def with_network(files: Files, network: bytes) -> Files:
    digests = {"model.tflite": hashlib.sha256(network).hexdigest()}
    return with_card({**files, "model.tflite": network}, files=digests)


def with_manifest(files: Files, /, **changes: Any) -> Files:
    return {**files, "manifest.json": json.dumps({**json.loads(files["manifest.json"]), **changes}).encode()}


def nothing_came_of_it(before: set[str]) -> None:
    assert not ModelVersion.objects.filter(name="arrived").exists()
    assert folders() == before


def folders() -> set[str]:
    return {path.name for path in settings.TRAINED_MODELS_DIR.iterdir()}
