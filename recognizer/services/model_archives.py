"""Models that travel: one archive out, checked and registered where it arrives."""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.utils import timezone

from hdr_site.storage import TEMPORARY_PREFIX
from recognizer.domain.errors import BadModel
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelCard, ModelKind
from recognizer.inference.card import CARD_FILE, NETWORK_FILE, card_from_json, json_object
from recognizer.inference.golden import golden_of
from recognizer.inference.network import load_network
from recognizer.model_figures import figures_of, headline_of, recalls_of
from recognizer.models import ModelVersion
from recognizer.services.archive_contents import MANIFEST_FILE, Contents, contents_of
from recognizer.services.model_files import folder_beside
from recognizer.services.model_sharing import model_folder
from recognizer.services.registry import model_move_in, name_check, version_free
from recognizer.services.serving import engine_load
from recognizer.training.golden import golden_pictures
from recognizer.wording import say

FORMAT = 1
EXPORTED = (CARD_FILE, NETWORK_FILE, "model.keras")
PLOTS = "*.svg"
SECONDS = 60
"""A network that takes longer to answer its golden batch is no good, or up to none."""
MOMENT = (1980, 1, 1, 0, 0, 0)
"""The same model gives the same archive, byte for byte, whenever it is exported."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A model that arrived, and the names of its archive's files that were left out."""

    model: ModelVersion
    left_out: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        kind = self.model.get_kind_display()
        told = say(
            "The model {model} is registered, version {version} of the {kind} models.",
            model=self.model,
            version=self.model.version,
            kind=kind.lower(),
        )
        return f"{told} {say('Left out: {names}.', names=', '.join(self.left_out))}" if self.left_out else told


def model_export_file(*, model: ModelVersion, path: Path) -> None:
    """Write a model's archive to a new file: whole, or not at all. Raises BadModel with a sentence."""
    if path.exists():
        raise BadModel(phrase("There is a file {path} already; choose another name.", path=path))
    beside = path.with_name(f"{TEMPORARY_PREFIX}{os.getpid()}-{path.name}")
    try:
        with beside.open("wb") as stream:
            model_export(model=model, stream=stream)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError as error:
        raise BadModel(
            phrase("The archive {path} cannot be written: {reason}.", path=path, reason=error.strerror or error)
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def model_export(*, model: ModelVersion, stream: BinaryIO) -> None:
    """Write a model's archive: LiteRT file, card, plots, ``model.keras`` where there is one, and a manifest with their
    sha256 and a golden batch.

    Raises BadModel where the model's files are not fit to serve, OSError where the disk is full.
    """
    engine_load(model)
    folder = model_folder(model)
    files = [folder / name for name in EXPORTED if (folder / name).is_file()] + sorted(folder.glob(PLOTS))
    kind = ModelKind(model.kind)
    manifest = {
        "format": FORMAT,
        "name": model.name,
        "kind": model.kind,
        "version": model.version,
        "files": {path.name: _sha256(path.read_bytes()) for path in files},
        "golden": golden_of(load_network(folder, kind), golden_pictures(kind)),
    }
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, MANIFEST_FILE, json.dumps(manifest, indent=1).encode())
        for path in files:
            _add(archive, path.name, path.read_bytes())


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
    archive.writestr(entry, content)


def model_import(*, source: Path | BinaryIO, name: str = "") -> Imported:
    """Register the model in an archive, or in a folder that holds the same files, as a candidate.

    ``name``: what it is called here, its own name unless given. Its version is its own, or the next one where that is
    taken. Only LiteRT file and card are kept: what Keras or pickle would load can carry code, and plots are pictures
    that can carry scripts.

    Raises BadModel with a sentence; nothing is registered or left behind then.
    """
    contents = contents_of(source)
    manifest = _checked_manifest(contents)
    card = _card_here(contents, manifest, name)
    with folder_beside() as folder:
        (folder / NETWORK_FILE).write_bytes(contents.network)
        (folder / CARD_FILE).write_text(json.dumps(card.raw, indent=1, ensure_ascii=False), encoding="utf-8")
        _try_out(folder, manifest.get("golden"))
        model = model_move_in(folder=folder)
    return Imported(model=model, left_out=contents.left_out)


def _checked_manifest(contents: Contents) -> dict[str, Any]:
    manifest = json_object(contents.manifest, phrase("The manifest ({file})", file=MANIFEST_FILE))
    if manifest.get("format") != FORMAT:
        raise BadModel(
            phrase(
                "The archive has the format {given!r:.40}; this version reads {ours}.",
                given=manifest.get("format"),
                ours=FORMAT,
            )
        )
    promised = manifest.get("files")
    if not isinstance(promised, dict):
        raise BadModel(phrase("The manifest ({file}) lists no files.", file=MANIFEST_FILE))
    for name, content in ((CARD_FILE, contents.card), (NETWORK_FILE, contents.network)):
        if promised.get(name) != _sha256(content):
            raise BadModel(phrase("The file {name} is not the one that was exported: the sha256 differs.", name=name))
    return manifest


def _card_here(contents: Contents, manifest: dict[str, Any], name: str) -> ModelCard:
    """The card as it is kept here: with the name and version that the model has here, and where it came from."""
    raw = json_object(contents.card, phrase("The model card ({file})", file=CARD_FILE))
    own = card_from_json(raw)
    if (manifest.get("kind"), manifest.get("name")) != (own.kind, own.name):
        raise BadModel(phrase("Manifest and card describe two different models."))
    if own.files[NETWORK_FILE] != _sha256(contents.network):
        raise BadModel(
            phrase(
                "The file {name} is not the one that the card describes: the sha256 differs.",
                name=NETWORK_FILE,
            )
        )
    card = card_from_json(
        {
            **raw,
            "name": name or own.name,
            "version": version_free(own.kind, own.version),
            "files": {NETWORK_FILE: own.files[NETWORK_FILE]},
            "imported": {"name": own.name, "version": own.version, "at": timezone.now().isoformat(timespec="seconds")},
        }
    )
    _check_figures(card)
    try:
        name_check(card.name)
    except BadModel as error:
        raise BadModel(phrase("{error} Choose another name for this one.", error=error)) from error
    return card


def _check_figures(card: ModelCard) -> None:
    """Pages show these figures of every model: one that is no number would break them all."""
    row = ModelVersion(metrics=card.metrics)
    try:
        shares: Iterable[Any] = [share for _, share in figures_of(row) + recalls_of(row)] + [headline_of(row) or 0.0]
        sound = all(isinstance(share, int | float) and math.isfinite(share) for share in shares)
    except (AttributeError, TypeError, OverflowError):
        sound = False
    if not sound:
        raise BadModel(phrase("The model card's “metrics” hold a figure that is no number."))


def _try_out(folder: Path, golden: Any) -> None:
    """Load the network and compare its golden answers in a process that may crash. Raises BadModel."""
    command = [sys.executable, "-m", "recognizer.inference.trial", str(folder)]
    try:
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            input=json.dumps(golden),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        problem = json.loads(done.stdout)["problem"]
    except (subprocess.SubprocessError, ValueError, KeyError) as error:
        raise BadModel(phrase("The network cannot be run: LiteRT crashed on it, or took too long.")) from error
    if problem:
        raise BadModel(problem)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
