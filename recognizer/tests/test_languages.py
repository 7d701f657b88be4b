"""Pages speak the visitor's language; machines are answered in English figures whatever it is."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from accounts.models import User
from recognizer.admin.training_run_curves import plots_of
from recognizer.domain.errors import BadImage, TooLarge, UnsupportedImage, sentence_of
from recognizer.domain.phrases import phrase, phrases
from recognizer.models import ModelVersion, Upload
from recognizer.plots import vertical
from recognizer.templatetags.numeral import bar_width, fine_percent, milliseconds, p_value, percent
from recognizer.vision.decode_pool import DecodeLimits, DecodePool
from recognizer.vision.teaching_pdf import teaching_pdf
from recognizer.wording import error_as_json, listed, said, say, say_n

SignIn = Callable[[User], Client]
FRENCH: Any = {"HTTP_ACCEPT_LANGUAGE": "fr-CA,fr;q=0.8,en;q=0.5"}


def language_of(response: Any) -> str:
    found = re.search(r'<html lang="([^"]+)" dir="ltr">', response.content.decode())
    assert found
    return found[1]


def test_a_browser_is_answered_in_its_language(client: Client, db: None) -> None:
    assert language_of(client.get("/")) == "en-gb"
    french = client.get("/", **FRENCH)
    assert language_of(french) == french.headers["Content-Language"] == "fr"
    assert "Des nombres manuscrits, lus" in french.content.decode()
    assert "Accept-Language" in french.headers["Vary"]
    assert language_of(client.get("/", HTTP_ACCEPT_LANGUAGE="tlh,en-US;q=0.5")) == "en-gb"


def test_choosing_a_language_keeps_the_page_and_lasts(client: Client, db: None, settings: Any) -> None:
    page = "http://testserver/accounts/login/?next=/read/"
    answer = client.post("/language/", {"language": "fr"}, HTTP_REFERER=page)
    assert answer.headers["Location"] == page
    cookie = answer.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 31_536_000)
    assert language_of(client.get("/accounts/login/")) == "fr"
    client.post("/language/", {"language": "en-gb", "next": "/"})
    assert language_of(client.get("/", **FRENCH)) == "en-gb"


@pytest.mark.parametrize("wish", [{"language": "tlh"}, {"language": ""}, {}, {"language": "fr\x00"}])
def test_a_language_that_is_not_there_changes_nothing(client: Client, db: None, wish: dict[str, str]) -> None:
    assert client.post("/language/", wish).status_code == 302
    assert language_of(client.get("/")) == "en-gb"


def test_the_way_back_leads_nowhere_else(client: Client, db: None) -> None:
    answer = client.post("/language/", {"language": "fr", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_looking_at_the_address_of_the_choice_changes_nothing(client: Client, db: None) -> None:
    client.get("/language/?language=fr")
    assert language_of(client.get("/")) == "en-gb"


def test_scripts_get_their_texts(client: Client, db: None) -> None:
    texts = client.get("/language/fr.js?v=1")
    assert texts.headers["Content-Type"].startswith("text/javascript")
    assert "max-age=86400" in texts.headers["Cache-Control"]
    assert "Rien n\\u2019est encore dessin\\u00e9." in texts.content.decode()
    assert "Rien" not in client.get("/language/en-gb.js", **FRENCH).content.decode()
    assert client.get("/language/tlh.js").status_code == 404
    assert client.post("/language/fr.js").status_code == 405
    assert "/language/fr.js" in client.get("/", **FRENCH).content.decode()
    assert "/language/en-gb.js" not in client.get("/").content.decode()


def test_mail_is_in_the_language_of_who_asked(client: Client, alice: User) -> None:
    client.post("/accounts/password/reset/", {"email": alice.email}, **FRENCH)
    [message] = mail.outbox
    assert message.subject == "[Numeral] Choisissez un nouveau mot de passe"
    assert str(message.body).startswith("Bonjour,")
    assert "http" in message.body


def test_an_error_page_is_in_the_visitor_s_language(
    client: Client, alice: User, signed_in: SignIn, model: ModelVersion
) -> None:
    assert "Il n’y a rien ici" in client.get("/nowhere/", **FRENCH).content.decode()
    broken = signed_in(alice).post("/teach/", {"image": SimpleUploadedFile("x.png", b"no picture")}, **FRENCH)
    assert broken.status_code == 415
    assert "Ce n’est pas une image d’un type lisible ici." in broken.content.decode()


def test_an_error_in_json_is_for_a_person_too(alice: User, signed_in: SignIn, model: ModelVersion) -> None:
    send = {"image": SimpleUploadedFile("x.png", b"")}
    error = signed_in(alice).post("/read/live/", send, **FRENCH).json()["error"]
    assert error == {"code": "empty_file", "message": "Ce fichier est vide."}


def test_the_sheet_to_print_is_in_the_visitor_s_language(alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    french = client.get("/teach/sheet.pdf", **FRENCH).content
    assert b"/Lang (fr)" in french
    assert "Écrivez au stylo un chiffre par case".encode("cp1252") in french
    assert b"/Lang (en-gb)" in client.get("/teach/sheet.pdf").content
    english = teaching_pdf(say=lambda words: "עברית", language="he")
    assert b"/Lang (en-GB)" in english
    assert b"Write one digit in each box" in english


def test_figures_for_machines_stay_as_they_are(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    client = signed_in(alice)
    live = client.post("/read/live/", {"image": SimpleUploadedFile("n.png", number_png("4"))}, **FRENCH)
    assert 0 < json.loads(live.content)["confidence"] <= 1
    client.post("/read/", {"image": SimpleUploadedFile("n.png", number_png("47")), "keep": "all"}, **FRENCH)
    shown = client.get(f"/history/{Upload.objects.get().id}/", **FRENCH).content.decode()
    assert re.search(r"\d,\d\xa0%", shown)
    attributes = re.findall(r' (?:x|y|width|height|fill-opacity|font-size|viewBox|value)="([^"]*)"', shown)
    assert attributes
    assert [value for value in attributes if "," in value or "\xa0" in value] == []


def test_forms_work_in_french(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    client = signed_in(alice)
    client.post("/read/", {"image": SimpleUploadedFile("n.png", number_png("47")), "expect": "2"}, **FRENCH)
    upload = Upload.objects.get()
    box = {"x": "5", "y": "5", "width": "30", "height": "1200", "text": "12"}
    answer = client.post(f"/history/{upload.id}/numbers/", box, **FRENCH)
    assert answer.status_code in (302, 400, 422)
    prediction = upload.predictions.first()
    assert prediction is not None
    client.post(f"/predictions/{prediction.id}/correct/", {"text": "48"}, **FRENCH)
    upload.refresh_from_db()
    assert "48" in upload.final_text


def test_figures_on_pages_are_written_as_the_language_does() -> None:
    with translation.override("fr"):
        assert [percent(0.998), percent(1), percent(0), percent(None)] == [
            "99,8\xa0%",
            ">\xa099,9\xa0%",
            "<\xa00,1\xa0%",
            "",
        ]
        assert [fine_percent(0.99713), milliseconds(6.14), milliseconds(1840)] == [
            "99,71\xa0%",
            "6,1\xa0ms",
            "1,8\xa0s",
        ]
        assert [p_value(0.0001), p_value(0.25)] == ["p < 0,001", "p = 0,250"]
        assert bar_width(0.5) == "50.00"
        ticks = vertical(0, 1).ticks()
        assert [tick.text for tick in ticks][:2] == ["0,0", "0,2"]
        assert all("," not in tick.at for tick in ticks)
        [loss] = plots_of([{"epoch": 1, "loss": 1.5}, {"epoch": 2, "loss": 0.75}], 2)
        assert loss.legend[0][2] == "0,7500"
        assert re.fullmatch(r"[\d.]+,[\d.]+ [\d.]+,[\d.]+", loss.curves[0].points)
        drawn = render_to_string("admin/recognizer/trainingrun/plot.html", {"plot": loss})
        places = re.findall(r' (?:cx|cy|x|y|x1|y1|x2|y2)="([^"]*)"', drawn)
        assert [place for place in places if not re.fullmatch(r"[\d.]+", place)] == []


def test_a_phrase_is_english_until_it_is_said() -> None:
    sentence = phrase("Between 1 and {largest:,} uploads can be looked at.", largest=1_000_000)
    assert sentence == "Between 1 and 1,000,000 uploads can be looked at."
    with translation.override("fr"):
        assert said(sentence) == "On peut examiner entre 1 et 1\xa0000\xa0000 envois."
    one, many = "People gave {n} held-out sample; from {least} on they decide as well.", "{n} of {least}"
    assert phrases(one, many, 1, least=5).startswith("People gave 1 held-out sample;")
    assert phrases(one, many, 3, least=5) == "3 of 5"


def test_errors_say_what_their_phrase_says_also_within_another() -> None:
    inner = TooLarge(phrase("A reason has at most {most} characters.", most=9))
    outer = BadImage(phrase("What serves cannot be measured. {error}", error=inner))
    assert str(outer) == "What serves cannot be measured. A reason has at most 9 characters."
    with translation.override("fr"):
        message = "Ce qui est en service ne peut pas être mesuré. Une raison a 9 caractères au plus."
        assert error_as_json(outer) == {"error": {"code": "bad_image", "message": message}}
        assert said(BadImage()) == "Cette image est abîmée ou tronquée, elle n’a donc pas pu être ouverte."
        assert said(BadImage("only in English")) == "only in English"
        assert said(ValueError()) == ""


def test_a_decoder_in_its_own_process_tells_its_errors_in_any_language() -> None:
    pool = DecodePool(1, DecodeLimits())
    try:
        with pytest.raises(UnsupportedImage) as caught:
            pool.decode(b"no picture")
    finally:
        pool.close()
    assert str(caught.value).startswith("This is not a picture of a kind that can be read here.")
    with translation.override("fr"):
        assert said(caught.value).startswith("Ce n’est pas une image d’un type lisible ici.")


def test_what_is_filled_in_travels_between_processes_too() -> None:
    error = TooLarge(phrase("A number has at most {max_digits} digits here.", max_digits=50))
    told = sentence_of(json.loads(json.dumps(error.as_message())))
    assert told == str(error)
    assert pickle.loads(pickle.dumps(told)).parts == told.parts  # type: ignore[attr-defined]
    with translation.override("fr"):
        assert said(told) == "Un nombre a ici 50 chiffres au plus."
    assert sentence_of({"message": "told by an older one"}) == "told by an older one"


@pytest.mark.parametrize(
    "template", ["{x.__class__}", "{x!r}", "{x:999999999}", "{0}", "{x[0]}", "{", "}", "{x:{x}}", "{X}"]
)
def test_a_hostile_decoder_cannot_have_its_template_filled(template: str) -> None:
    told = {"code": "bad_image", "message": "plain", "parts": [template, "", 1, {"x": "y"}]}
    assert sentence_of(told) == "plain"


def test_sentences_with_figures() -> None:
    with translation.override("fr"):
        assert say("The data set {row} is registered: {count:,} samples.", row="A", count=70_000).endswith(
            "70\xa0000 échantillons."
        )
        assert say_n("{n:,} picture", "{n:,} pictures", 0) == "0 image"
        assert listed(["1", "2", "3"]) == "1, 2 et 3"
    assert [listed([]), listed(["1"]), listed(["1", "2"])] == ["", "1", "1 and 2"]
