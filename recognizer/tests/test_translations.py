"""The catalogues in ``locale/``: complete, sound, and compiled as they stand."""

from __future__ import annotations

import re
import shutil
import string
from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.translation import override

from hdr_site import verbose_names

LOCALE = Path(settings.BASE_DIR) / "locale"
CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))
TAGS = re.compile(r"<[^>]*>")


def fields_of(text: str) -> list[str]:
    """What is filled in: ``%(name)s``, ``{name}`` with its format, and the tags of HTML."""
    braces = [f"{name}:{form}" for _, name, form, _ in string.Formatter().parse(text) if name is not None]
    return sorted({*re.findall(r"%\(\w+\)s", text), *braces, *TAGS.findall(text)})


def texts_of(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Each original with each of its translations."""
    if entry.msgid_plural:
        return [(entry.msgid_plural, text) for text in entry.msgstr_plural.values()]
    return [(entry.msgid, entry.msgstr)]


def test_each_language_but_english_has_both_catalogues() -> None:
    languages = {code for code, _ in settings.LANGUAGES} - {settings.LANGUAGE_CODE}
    found = {(path.parts[-3], path.stem) for path in CATALOGUES}
    assert found == {(code, domain) for code in languages for domain in ("django", "djangojs")}


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_nothing_is_left_untranslated_or_uncertain(path: Path) -> None:
    entries = polib.pofile(str(path))
    assert [entry.msgid for entry in entries if not entry.translated()] == []
    assert [entry.msgid for entry in entries if entry.fuzzy or entry.obsolete] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_what_is_filled_in_is_the_same(path: Path) -> None:
    wrong = [
        (original, text)
        for entry in polib.pofile(str(path))
        for original, text in texts_of(entry)
        if fields_of(original) != fields_of(text)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_the_compiled_catalogue_is_the_written_one(path: Path) -> None:
    def content(entries: list[polib.POEntry]) -> dict[tuple[str | None, str], object]:
        return {(each.msgctxt, each.msgid): each.msgstr_plural or each.msgstr for each in entries}

    assert content(polib.mofile(str(path.with_suffix(".mo")))) == content(polib.pofile(str(path)))


def test_french_is_set_as_french_is() -> None:
    """No plain space before what French sets off with a fixed one, no straight apostrophe, no English quotes."""
    wrong = [
        text
        for path in CATALOGUES
        if path.parts[-3] == "fr"
        for entry in polib.pofile(str(path))
        for _, text in texts_of(entry)
        if re.search(r" [;!?»]|« | :(\s|$)|\w'\w|[“”]|[\d}] %(?!\()| %%", TAGS.sub("", text))
    ]
    assert wrong == []


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not installed here")
def test_the_catalogues_have_every_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``makemessages`` would find them now."""
    for path in (*(Path(settings.BASE_DIR) / name for name in ("accounts", "hdr_site", "recognizer", "templates")),):
        shutil.copytree(path, tmp_path / path.name, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    shutil.copytree(Path(settings.BASE_DIR) / "static" / "js", tmp_path / "static" / "js")
    shutil.copytree(LOCALE, tmp_path / "locale")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "LOCALE_PATHS", [tmp_path / "locale"])
    for domain in ("django", "djangojs"):
        call_command("makemessages", locale=["fr"], domain=domain, verbosity=0)
        known = polib.pofile(str(LOCALE / "fr" / "LC_MESSAGES" / f"{domain}.po"))
        found = polib.pofile(str(tmp_path / "locale" / "fr" / "LC_MESSAGES" / f"{domain}.po"))
        assert {(e.msgctxt, e.msgid) for e in found if not e.obsolete} == {(e.msgctxt, e.msgid) for e in known}


def test_names_that_scripts_look_up_are_no_texts() -> None:
    """``say("tooMany")`` in a script names a text of its page; ``say("…")`` in Python is one."""
    texts = {entry.msgid for entry in polib.pofile(str(LOCALE / "fr" / "LC_MESSAGES" / "djangojs.po"))}
    scripts = (Path(settings.BASE_DIR) / "static" / "js").glob("*.js")
    named = {name for path in scripts for name in re.findall(r'\bsay\("(\w+)"', path.read_text())}
    assert named
    assert named & texts == set()


def test_what_django_names_by_itself_is_listed() -> None:
    """A new model or field without a name of its own must be added to ``NAMES``, or the admin shows it in English."""
    from django.apps import apps

    derived = set()
    for model in (*apps.get_app_config("accounts").get_models(), *apps.get_app_config("recognizer").get_models()):
        meta = model._meta
        fields: list[Any] = [*meta.local_fields, *meta.local_many_to_many]
        derived |= {field.name.replace("_", " ") for field in fields if field._verbose_name is None}
        own = {"verbose_name", "verbose_name_plural"} - set(meta.original_attrs)
        with override(None):
            derived |= {str(getattr(meta, key)) for key in own}
    assert derived <= set(verbose_names.NAMES)
