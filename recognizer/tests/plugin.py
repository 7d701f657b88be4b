"""The pytest plugin of all test folders: a sealed environment, and the people every test knows.

Loaded by ``-p`` before Django's settings are read (see pyproject.toml), so nothing of Django is imported at the top.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from recognizer.models import ModelVersion

# A developer's .env, data and caches must not change what tests see.
os.environ["NUMERAL_ENV_FILE"] = os.devnull
os.environ["SECRET_KEY"] = "for-tests-only"
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="numeral-tests-")
(Path(os.environ["DATA_DIR"]) / "static").mkdir()  # whitenoise warns where nothing was collected
for name in ("SITE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "DEBUG", "EMAIL_VERIFICATION"):
    os.environ.pop(name, None)
if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _sealed(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Each test has folders of its own, plain static files, quick passwords and no engine left from another."""
    from django.core.cache import cache
    from django.core.files.storage import storages

    from recognizer.services.serving import engines_forget

    settings.DATA_DIR = settings.FILES_DIR = tmp_path
    settings.TRAINED_MODELS_DIR = tmp_path / "models"
    settings.TRAINING_RUNS_DIR = tmp_path / "runs"
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "hdr_site.storage.SyncedFileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "private"), "base_url": None},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    _forget(storages)
    cache.clear()
    engines_forget()
    yield
    _forget(storages)


def _forget(storages: Any) -> None:
    """Django keeps made storages; a file field keeps the one it was declared with."""
    from recognizer.models import BatchFile, FormTemplate, Upload

    storages._storages.clear()
    storages.__dict__.pop("backends", None)
    for row, name in (
        *((Upload, "image"), (Upload, "thumbnail"), (BatchFile, "file")),
        *((FormTemplate, "image"), (FormTemplate, "thumbnail")),
    ):
        field: Any = row._meta.get_field(name)
        field.storage = storages["private"]


@pytest.fixture
def number_png() -> Callable[[str], bytes]:
    """Draws a number, dark on light paper, as the bytes of a PNG."""
    import cv2
    import numpy as np

    def draw(text: str) -> bytes:
        paper = np.full((200, 100 + 90 * len(text)), 240, np.uint8)
        cv2.putText(paper, text, (50, 150), cv2.FONT_HERSHEY_SIMPLEX, 4, 30, 10, cv2.LINE_AA)
        return bytes(cv2.imencode(".png", paper)[1])

    return draw


@pytest.fixture
def blank_png() -> bytes:
    """White paper, nothing on it."""
    import cv2
    import numpy as np

    return bytes(cv2.imencode(".png", np.full((200, 200), 255, np.uint8))[1])


@pytest.fixture
def private_files(tmp_path: Path) -> Callable[[], set[str]]:
    """The names of all files that are stored now."""
    root = tmp_path / "private"
    return lambda: {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    from accounts.models import User

    def make(name: str, **fields: Any) -> User:
        return User.objects.create_user(f"{name}@numeral.example", PASSWORD, **fields)

    return make


@pytest.fixture
def alice(make_user: Callable[..., User]) -> User:
    """Who owns things."""
    return make_user("alice")


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    """Who wants to see them."""
    return make_user("bob")


@pytest.fixture
def charlie(make_user: Callable[..., User]) -> User:
    """Who administers."""
    return make_user("charlie", is_staff=True, is_superuser=True)


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which somebody is signed in."""
    from django.test import Client

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


def newest_shipped(kind: str) -> Path:
    """The folder of the newest model of a kind that comes with the program."""
    folders = [path.parent for path in Path(__file__).resolve().parents[2].glob(f"models/{kind}-*/card.json")]
    return max(folders, key=lambda folder: int(folder.name.rpartition("-")[2]))


@pytest.fixture
def model(db: None, settings: Any, tmp_path: Path) -> ModelVersion:
    """The shipped digit model, alone, registered and active; its name is digit-1 here, whatever its version."""
    from recognizer.models import ModelVersion
    from recognizer.services.registry import shipped_models_register

    settings.SHIPPED_MODELS_DIR = tmp_path / "shipped"
    folder = settings.SHIPPED_MODELS_DIR / "digit-1"
    shutil.copytree(newest_shipped("digit"), folder, ignore=shutil.ignore_patterns("*.keras", "*.svg"))
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    (folder / "card.json").write_text(json.dumps({**card, "name": "digit-1", "version": 1}), encoding="utf-8")
    shipped_models_register()
    return ModelVersion.objects.get(kind="digit", state="active")


@pytest.fixture
def number_model(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    """A tiny line model, registered and active beside the digit model; see ``tiny_networks`` for what it reads."""
    from recognizer.services.registry import model_activate, model_register
    from recognizer.tests.tiny_networks import number_network, save_model

    folder = save_model(tmp_path / "number-9", "number", number_network(), version=9)
    return model_activate(model=model_register(directory=folder))


@pytest.fixture
def line_says(number_model: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts words into the line model's mouth, whatever strip it is given."""
    from recognizer.inference.number_engine import NumberEngine
    from recognizer.tests.tiny_networks import frames_that_say

    def say(text: str, sure: float = 0.99) -> None:
        monkeypatch.setattr(NumberEngine, "frames", lambda engine, strip: frames_that_say(text, strip.shape[1], sure))

    return say
