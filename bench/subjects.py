"""The two servers that are compared: how each is started, and what an upload to it looks like."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import sys
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from bench.load import Answer, Request, connect, multipart
from bench.processes import ROOT, running, wait_for_port

MODEL = "digit-1"
RESULT_PAGE = re.compile(r"/history/[0-9a-f-]{36}/")
# What a developer's shell may hold must not change what is measured.
OURS = ("SITE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "DEBUG", "EMAIL_VERIFICATION", "DECODER_PROCESSES")


class Numeral:
    """Numeral as ``manage.py serve`` starts it, with data of its own and one person signed in."""

    name = "Numeral"

    def __init__(self, folder: Path, port: int) -> None:
        self.port, self.data = port, folder / "data"
        self.command = [sys.executable, "manage.py", "serve", "--host=127.0.0.1", f"--port={port}"]
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in OURS},
            "NUMERAL_ENV_FILE": os.devnull,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATA_DIR": str(self.data),
            "UPLOADS_PER_MINUTE": "1000000",  # one person uploads here as many would
        }
        self.cookies: dict[str, str] = {}

    def prepare(self, log: Path) -> None:
        """Start once, as an installation did long ago: tables, static files, and a person who signs up."""
        with running(self.command, self.environment, log) as pid:
            wait_for_port(self.port, pid)
            connection = connect(self.port)
            self._visit(connection, "GET", "/accounts/signup/")
            password = secrets.token_urlsafe(20)
            form = {"email": "bench@numeral.example", "password1": password, "password2": password}
            status = self._visit(connection, "POST", "/accounts/signup/", form)
            connection.close()
        if status != 302 or "sessionid" not in self.cookies:
            raise RuntimeError(f"Nobody could sign up at Numeral: status {status}.")

    def upload(self, picture: bytes, filename: str) -> Request:
        """A signed-in upload whose picture and reading are kept. Good: it was stored, and has a page."""
        source = "canvas" if filename == "drawing.png" else "file"
        kind, body = multipart({**self._token(), "keep": "all", "expect": "any", "source": source}, picture, filename)
        return Request("POST", "/read/", {**self._headers(), "Content-Type": kind}, body, _stored)

    def page(self, path: str) -> Request:
        """The page of a result."""
        return Request("GET", path, self._headers(), b"", lambda answer: answer.status == 200)

    def text_of(self, page: Answer) -> str:
        """What was read, from the result's page."""
        found = re.search(r'id="reading">(.*?)</p>', page.text, re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else "nothing"

    def _visit(
        self, connection: http.client.HTTPConnection, method: str, path: str, form: dict[str, str] | None = None
    ) -> int:
        headers = {**self._headers(), "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({**self._token(), **form}) if form else None
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        return response.status

    def _token(self) -> dict[str, str]:
        return {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}

    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": cookies, "Origin": f"http://127.0.0.1:{self.port}", "Accept": "text/html"}


class PlainRecipe:
    """The reports' Flask view, with the same network."""

    name = "plain recipe"

    def __init__(self, port: int) -> None:
        self.port = port
        model = ROOT / "models" / MODEL / "model.keras"
        self.command = [sys.executable, "-m", "bench.plain_recipe", str(port), str(model)]
        self.environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}

    def upload(self, picture: bytes, filename: str) -> Request:
        """An upload by nobody, of which nothing is kept. Good: a digit came back."""
        kind, body = multipart({}, picture, filename)
        return Request(
            "POST", "/predict", {"Content-Type": kind}, body, lambda answer: answer.text in list("0123456789")
        )


def _stored(answer: Answer) -> bool:
    return answer.status == 302 and RESULT_PAGE.fullmatch(answer.location) is not None
