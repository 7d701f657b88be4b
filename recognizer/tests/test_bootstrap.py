"""`make run` on a fresh machine: which Python, what is installed and when, and the secret key."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hdr_site import bootstrap, browser, installer
from hdr_site.installer import Failure


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with locked files and an empty ``.venv``."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("requirements.txt", "requirements/serve.txt", "requirements/train.txt", "requirements/dev.txt"):
        (tmp_path / name).write_text(f"# {name}\n")
    return tmp_path


@pytest.fixture
def pip_runs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Each run of pip, as the names of the files it was given. Nothing is installed."""
    runs: list[list[str]] = []
    monkeypatch.setattr(installer, "pip_run", lambda python, files, log: runs.append([file.name for file in files]))
    return runs


def install(checkout: Path, *names: str) -> bool:
    return installer.requirements_install(checkout / ".venv/bin/python", [checkout / name for name in names])


SERVING = ("requirements.txt", "requirements/serve.txt")
TESTING = (*SERVING, "requirements/dev.txt")


def test_the_second_start_does_not_run_pip(checkout: Path, pip_runs: list[list[str]]) -> None:
    assert install(checkout, *SERVING) is True
    assert install(checkout, *SERVING) is False
    assert len(pip_runs) == 1


def test_a_changed_requirement_file_is_installed_again(checkout: Path, pip_runs: list[list[str]]) -> None:
    install(checkout, *SERVING)
    (checkout / "requirements/serve.txt").write_text("django==6\n")
    assert install(checkout, *SERVING) is True
    assert install(checkout, *SERVING) is False


def test_what_tests_need_covers_what_a_run_needs_but_not_the_reverse(checkout: Path, pip_runs: list[list[str]]) -> None:
    install(checkout, *SERVING)
    assert install(checkout, *TESTING) is True
    assert install(checkout, *SERVING) is False
    assert install(checkout, *TESTING) is False


def test_a_change_found_by_run_is_found_by_test_as_well(checkout: Path, pip_runs: list[list[str]]) -> None:
    install(checkout, *TESTING)
    for name in TESTING:
        (checkout / name).write_text("locked anew\n")
    install(checkout, *SERVING)
    assert install(checkout, *TESTING) is True


def test_a_half_done_install_leaves_no_stamp(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(installer, "pip_run", lambda *_: None)
        install(checkout, *SERVING)
    (checkout / "requirements/serve.txt").write_text("django==6\n")

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(installer, "pip_run", stopped)
    with pytest.raises(KeyboardInterrupt):
        install(checkout, *SERVING)
    assert installer.stamp_read(checkout / ".venv") == {}


@pytest.mark.parametrize("damage", ["", "{", "[]", "null"])
def test_a_damaged_stamp_means_install_again(checkout: Path, pip_runs: list[list[str]], damage: str) -> None:
    install(checkout, *SERVING)
    (checkout / ".venv" / installer.STAMP).write_text(damage)
    assert install(checkout, *SERVING) is True


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            "WARNING: Retrying ... NewConnectionError('<pip...>: [Errno -2] Name or service not known')",
            "cannot be reached",
        ),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "differs from the one"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] ...", "PIP_CERT"),
        (
            "ERROR: Could not find a version that satisfies django==6 (from versions: none)",
            "cannot be reached, or has no",
        ),
        ("something else", "could not be installed"),
    ],
)
def test_a_failed_install_says_why_and_where_to_read_more(output: str, words: str) -> None:
    sentence = installer.failure_sentence(output, Path("pip.log"))
    assert words in sentence
    assert "pip.log" in sentence


def test_pip_that_fails_ends_with_a_sentence_and_no_stamp(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("this is no requirement ==\n")
    python = checkout / ".venv/bin/python"
    python.symlink_to(sys.executable)
    with pytest.raises(Failure, match="could not be installed"):
        installer.requirements_install(python, [checkout / "requirements.txt"])
    assert not (checkout / ".venv" / installer.STAMP).exists()


def test_a_fresh_checkout_gets_its_own_secret_key(tmp_path: Path) -> None:
    keys = set()
    for name in ("one", "two"):
        assert bootstrap.env_file_write(tmp_path / name) is True
        found = re.search(r"^SECRET_KEY=(\S{60,})$", (tmp_path / name).read_text(), re.MULTILINE)
        assert found
        keys.add(found[1])
    assert len(keys) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_its_owner_can_read_the_secret_key(tmp_path: Path) -> None:
    bootstrap.env_file_write(tmp_path / ".env")
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_an_existing_env_file_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DEBUG=1\n")
    assert bootstrap.env_file_write(tmp_path / ".env") is False
    assert (tmp_path / ".env").read_text() == "DEBUG=1\n"


def test_an_env_file_that_appears_in_between_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".env"
    path.write_text("DEBUG=1\n")
    monkeypatch.setattr(Path, "exists", lambda self: False)
    assert bootstrap.env_file_write(path) is False
    assert path.read_text() == "DEBUG=1\n"
    assert [file.name for file in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize(
    ("running", "versions", "chosen"),
    [
        ("py", {"py": (3, 12), "python3.13": (3, 13)}, "py"),
        ("py", {"py": (3, 9), "python3.12": (3, 12)}, "python3.12"),
        ("py", {"py": (3, 14), "python3.11": (3, 11)}, "python3.11"),
        ("py", {"py": (3, 14)}, "py"),
    ],
)
def test_the_running_python_is_used_if_it_fits_else_one_on_path(
    running: str, versions: dict[str, tuple[int, int]], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: name)
    monkeypatch.setattr(bootstrap, "version_of", versions.get)
    assert bootstrap.choose_python(running) == chosen


def test_a_python_on_path_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert bootstrap.version_of(str(shim)) is None
    assert bootstrap.version_of(str(tmp_path / "nothing")) is None


def test_an_old_python_is_told_which_ones_fit() -> None:
    sentence = bootstrap.unsupported_sentence((3, 9))
    assert "3.11, 3.12 or 3.13" in sentence
    assert "3.9" in sentence


def test_a_python_without_venv_is_told_the_name_of_the_package() -> None:
    assert "apt install python3-venv" in bootstrap.unsupported_sentence((3, 11))


def test_no_fitting_python_at_all_ends_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "version_of", lambda *_: None)
    monkeypatch.setattr(bootstrap, "venv_python", lambda *_: tmp_path / "python")
    assert bootstrap.main(["install"]) == 1
    assert capsys.readouterr().err.startswith("Numeral: ")


def test_an_unknown_word_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(["fly"]) == 1
    assert "run, test, admin" in capsys.readouterr().err


def test_a_browser_that_does_not_start_is_no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\nexit 1\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "PLACES", ())
    assert browser.chromium_find() is None


def test_without_a_browser_and_without_leave_to_install_one_the_tests_go_on_and_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser, "chromium_find", lambda: None)
    monkeypatch.setattr(browser, "apt_prefix", lambda: None)
    assert browser.chromium_ensure() is None
    assert "browser tests are skipped" in capsys.readouterr().out


def test_the_bootstrap_needs_nothing_but_the_standard_library() -> None:
    code = (
        "import sys, hdr_site.bootstrap; print([m for m in ('django', 'environ', 'PIL', 'numpy') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=bootstrap.ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
@pytest.mark.parametrize(("fails", "status"), [("nowhere", 0), ("tests/e2e", 3), ("recognizer/tests", 3)])
def test_browser_tests_run_beside_the_others_and_either_can_fail(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], fails: str, status: int
) -> None:
    stand_in = tmp_path / "python"
    stand_in.write_text(f'#!/bin/sh\necho "ran $3"\ncase "$*" in *{fails}*) exit 3;; esac\n', encoding="utf-8")
    stand_in.chmod(0o755)
    assert bootstrap._both_halves(stand_in) == status
    told = capfd.readouterr().out
    assert told.index("ran recognizer/tests") < told.index("In the browser:") < told.index("ran tests/e2e")
