"""`manage.py serve`: a free port, a web server and a worker that live and end together, no process left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connections

from hdr_site import address, supervisor
from hdr_site.bootstrap import ROOT
from hdr_site.probes import migrations_waiting
from hdr_site.supervisor import Child
from recognizer.domain.errors import BadModel
from recognizer.management.commands import serve

pytestmark = pytest.mark.skipif(os.name == "nt", reason="process groups and signals are POSIX")

# Stands for a server: says that it is up, has a child of its own, and ends when asked to.
FAKE = """
import subprocess, sys, time, pathlib
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path({pids!r}).write_text(f"{{__import__('os').getpid()}} {{child.pid}}")
time.sleep({lives})
sys.exit(3)
"""
# Runs a supervisor over two fakes in a process of its own, as signals need one.
HARNESS = """
import sys
from hdr_site.supervisor import Child, Supervisor
web, worker = (Child(name, [sys.executable, "-c", code]) for name, code in zip(("web server", "worker"), sys.argv[1:]))
sys.exit(Supervisor(web, worker, ready=lambda: True, announce=lambda: print("ready", flush=True), pause=0.1).run())
"""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of 127.0.0.1 that someone listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie that waits for its parent does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except FileNotFoundError:  # just gone, or a system without /proc
        return not sys.platform.startswith("linux")
    return state != "Z"


def eventually(true: object) -> bool:
    """Whether the callable becomes true within ten seconds."""
    assert callable(true)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


class Pair:
    """A supervisor over a fake web server and a fake worker, each living for so many seconds."""

    def __init__(self, folder: Path, *, web: float, worker: float) -> None:
        self.files = [folder / "web", folder / "worker"]
        code = [FAKE.format(pids=str(file), lives=life) for file, life in zip(self.files, (web, worker), strict=True)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", HARNESS, *code],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # the tests may run under nohup
        )
        assert eventually(lambda: all(file.exists() and len(file.read_text().split()) == 2 for file in self.files))

    def pids(self) -> list[int]:
        return [int(pid) for file in self.files for pid in file.read_text().split()]

    def outcome(self) -> tuple[int, str]:
        """Exit status and what was said on standard error."""
        _, complaint = self.process.communicate(timeout=20)
        return self.process.returncode, complaint

    def none_left(self) -> bool:
        return eventually(lambda: not any(alive(pid) for pid in self.pids()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_both_and_what_they_started(tmp_path: Path, number: signal.Signals) -> None:
    pair = Pair(tmp_path, web=60, worker=60)
    pair.process.send_signal(number)
    assert pair.outcome() == (0, "")
    assert pair.none_left()


def test_the_end_of_the_web_server_is_the_end_of_all_and_is_said(tmp_path: Path) -> None:
    pair = Pair(tmp_path, web=60, worker=60)
    os.kill(pair.pids()[0], signal.SIGKILL)
    status, complaint = pair.outcome()
    assert status == 1
    assert "web server ended by itself (killed by signal 9)" in complaint
    assert pair.none_left()


def test_a_worker_that_dies_is_started_again(tmp_path: Path) -> None:
    pair = Pair(tmp_path, web=60, worker=60)
    first = pair.pids()
    os.kill(first[2], signal.SIGKILL)
    assert eventually(lambda: len(pair.pids()) == 4 and pair.pids()[2] != first[2])
    assert not alive(first[3])  # what the dead worker had started went with it
    pair.process.send_signal(signal.SIGTERM)
    status, complaint = pair.outcome()
    assert status == 0
    assert "worker ended by itself (killed by signal 9)" in complaint
    assert pair.none_left()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's death")
def test_a_supervisor_killed_outright_takes_both_with_it(tmp_path: Path) -> None:
    pair = Pair(tmp_path, web=60, worker=60)
    web, _, worker, _ = pair.pids()
    grandchildren = pair.pids()[1::2]
    pair.process.kill()
    pair.process.wait(10)
    try:
        assert eventually(lambda: not alive(web) and not alive(worker))
    finally:
        for pid in grandchildren:  # a real server's own children see its end by themselves
            os.kill(pid, signal.SIGKILL)
        pair.process.communicate(timeout=10)


def test_a_web_server_that_cannot_start_ends_with_its_status_said(capfd: pytest.CaptureFixture[str]) -> None:
    never = Child("worker", [sys.executable, "-c", "print('must not run')"])
    broken = Child("web server", [sys.executable, "-c", "import sys; sys.exit(3)"])
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        status = supervisor.Supervisor(broken, never, ready=lambda: False, announce=lambda: None).run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    out, err = capfd.readouterr()
    assert status == 1
    assert "could not start (exit status 3)" in err
    assert out == ""


def test_a_worker_that_keeps_dying_is_started_ever_less_often() -> None:
    worker = Child("worker", [], started=time.monotonic())
    watch = supervisor.Supervisor(Child("web server", []), worker, ready=lambda: True, announce=lambda: None)
    assert [watch._worker_pause() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    worker.started = time.monotonic() - 2 * supervisor.HEALTHY_SECONDS
    assert watch._worker_pause() == 1


def test_a_free_port_is_used_as_it_is(taken: int) -> None:
    free = address.port_find("127.0.0.1", taken + 1)
    assert address.port_find("127.0.0.1", free) == free


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_gives_way_to_the_next_free_one(taken: int, host: str) -> None:
    assert taken < address.port_find(host, taken) <= taken + address.PORTS_TO_TRY


@pytest.mark.parametrize("port", ["", "eighty", "0", "-1", "65536", "80.5"])
def test_a_port_that_is_none_is_refused_with_a_sentence(port: str) -> None:
    with pytest.raises(address.BadAddress, match="from 1 to 65535"):
        address.port_parse(port)


@pytest.mark.parametrize("host", ["192.0.2.1", "x86_64-conda-linux-gnu"])
def test_a_host_that_is_not_this_machine_is_refused_with_a_sentence(host: str) -> None:
    with pytest.raises(address.BadAddress, match=r"Use 127\.0\.0\.1"):
        address.port_find(host, 8000)


def test_a_public_address_over_plain_http_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SITE_URL", raising=False)
    monkeypatch.setattr(address, "port_find", lambda host, port: port)
    with pytest.raises(CommandError, match="must be https"):
        call_command("serve", host="8.8.8.8")


def test_several_web_processes_without_a_shared_cache_are_refused() -> None:
    with pytest.raises(CommandError, match="REDIS_URL"):
        call_command("serve", workers=2)


@pytest.mark.parametrize(
    ("host", "lan", "url"),
    [
        ("127.0.0.1", "192.168.1.7", "http://127.0.0.1:8000"),
        ("0.0.0.0", "192.168.1.7", "http://192.168.1.7:8000"),
        ("0.0.0.0", None, "http://127.0.0.1:8000"),
        ("::1", None, "http://[::1]:8000"),
    ],
)
def test_links_carry_an_address_that_can_be_followed(
    host: str, lan: str | None, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "lan_address", lambda: lan)
    assert address.site_url(host, 8000) == url


def test_a_server_for_the_whole_network_tells_the_address_for_a_phone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(address, "lan_address", lambda: "192.168.1.7")
    supervisor.banner("0.0.0.0", 8001)
    assert capsys.readouterr().out.splitlines() == [
        "Numeral is ready: http://127.0.0.1:8001",
        "On a phone in the same network: http://192.168.1.7:8001",
        "Ctrl-C ends it.",
    ]


def test_the_supervisor_costs_no_django() -> None:
    code = "import sys, hdr_site.supervisor; print('django' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


@pytest.mark.django_db
def test_the_first_administrator_comes_from_the_environment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "charlie@example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    assert serve.first_administrator_make() is True
    assert serve.first_administrator_make() is False
    charlie = get_user_model()._default_manager.get(email="charlie@example.com")
    assert charlie.is_superuser
    assert charlie.check_password("correct horse battery")


@pytest.mark.django_db
def test_no_administrator_is_made_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_SUPERUSER_EMAIL", raising=False)
    assert serve.first_administrator_make() is False
    assert not get_user_model()._default_manager.exists()


@pytest.mark.django_db
def test_a_migrated_database_is_not_migrated_again() -> None:
    assert migrations_waiting() == 0


def test_static_files_are_gathered_once_and_again_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathered: list[str] = []
    monkeypatch.setattr(serve, "call_command", lambda name, **_: gathered.append(name))
    assert serve.static_collect(tmp_path) is True
    assert serve.static_collect(tmp_path) is False
    monkeypatch.setattr(serve, "static_state", lambda: "changed")
    assert serve.static_collect(tmp_path) is True
    assert gathered == ["collectstatic", "collectstatic"]


@pytest.mark.django_db
def test_a_shipped_model_that_is_broken_is_said_and_does_not_keep_the_rest_from_starting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise BadModel("The model digit-1 lacks its network.")

    monkeypatch.setattr(serve, "shipped_models_register", broken)
    monkeypatch.setattr(serve, "static_collect", lambda root: False)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    serve.prepare()
    assert "digit-1 lacks its network" in capsys.readouterr().err
