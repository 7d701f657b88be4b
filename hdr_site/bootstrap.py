"""From a fresh checkout to a running Numeral: ``python3 -m hdr_site.bootstrap run|test|admin|install|install-dev``.

Runs before anything is installed, so it uses the standard library only, and its syntax stays old enough for a Python
that is too old to get a sentence instead of a traceback. ``make`` calls it; Windows users
do: ``py -m hdr_site.bootstrap run``.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hdr_site import browser, installer
from hdr_site.installer import Failure

ROOT = Path(__file__).resolve().parent.parent
TRAINS = ((3, 11), (3, 12), (3, 13))
SERVES = (*TRAINS, (3, 14))
SERVE_ONLY_FILES = ("requirements/serve.txt",)
ALL_FILES = ("requirements.txt", "requirements/serve.txt", "requirements/train.txt")
TEST_FILES = ("requirements/dev.txt", "requirements/scale.txt")
PROBE = "import sys, ensurepip, venv; print(sys.version_info[0], sys.version_info[1])"


def version_of(python: str, probe: str = PROBE) -> tuple[int, int] | None:
    """(major, minor) of an interpreter that starts and can make virtual environments, else None.

    Being on PATH is not enough: version managers leave shims there for Pythons that they will not start.
    """
    try:
        answer = subprocess.run([python, "-c", probe], capture_output=True, text=True, timeout=30, check=True)
        major, minor = answer.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def choose_python(running: str = sys.executable) -> str:
    """The interpreter to build ``.venv`` with: the running one if it fits, else one on PATH. Raises Failure."""
    names = ["python3.13", "python3.12", "python3.11", "python3", "python3.14"]
    candidates = [running, *filter(None, map(shutil.which, names))]
    found = {python: version_of(python) for python in candidates}
    for wanted in (TRAINS, SERVES):
        for python, version in found.items():
            if version in wanted:
                return python
    raise Failure(unsupported_sentence(sys.version_info[:2]))


def unsupported_sentence(running: tuple[int, ...]) -> str:
    """Why no Python here will do, and what to install."""
    if tuple(running) in SERVES:
        return (
            "This Python cannot make virtual environments: its venv module is missing. "
            "On Debian or Ubuntu: sudo apt install python3-venv"
        )
    return (
        "Numeral needs Python 3.11, 3.12 or 3.13 (3.14 serves, but cannot train); this one is "
        + ".".join(map(str, running))
        + ", and no other was found. On Debian or Ubuntu: sudo apt install python3 python3-venv"
    )


def venv_python(root: Path = ROOT) -> Path:
    """Where the interpreter of ``.venv`` is, or will be."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment_ready(*, test: bool = False, root: Path = ROOT) -> Path:
    """Make ``.venv`` if there is no sound one, install what is missing; return its interpreter."""
    python = venv_python(root)
    version = version_of(str(python), "import sys, pip; print(sys.version_info[0], sys.version_info[1])")
    if version not in SERVES:
        base = choose_python()
        version = version_of(base)
        installer.venv_make(base, root / ".venv")
    if version in TRAINS:
        files = ALL_FILES + (TEST_FILES if test else ())
    else:
        print("This is Python 3.14: Numeral serves on it, but cannot train, as TensorFlow does not support it yet.")
        files = SERVE_ONLY_FILES + (TEST_FILES if test else ())
    installer.requirements_install(python, [root / name for name in files])
    return python


def env_file_write(path: Path) -> bool:
    """Write ``.env`` with a fresh secret key, readable by its owner only; whether it was written.

    It appears whole or not at all, and one that exists is never touched, not even by a second process just now.
    """
    if path.exists():
        return False
    # token_urlsafe never has the "$" and "#" that mean something to readers of .env files.
    text = (
        "# Numeral's settings on this machine. Keep it private: the key signs sessions and links.\n"
        f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
    )
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".env.")  # mode 0600 from its first moment
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)  # unlike a rename, never replaces
    except FileExistsError:
        return False
    finally:
        Path(name).unlink()
    return True


def become(python: Path, *arguments: str) -> int:
    """Turn into this command, so that signals reach it; on Windows, which cannot, wait for it."""
    command = [str(python), *arguments]
    if os.name != "nt":
        os.chdir(ROOT)
        sys.stdout.flush()
        os.execv(command[0], command)
    return subprocess.call(command, cwd=ROOT)


def run() -> int:
    python = environment_ready()
    env_file_write(ROOT / ".env")
    return become(python, "manage.py", "serve")


def test(arguments: list[str]) -> int:
    python = environment_ready(test=True)
    browser.chromium_ensure()
    # A developer's .env must not change what the tests see.
    os.environ.setdefault("NUMERAL_ENV_FILE", os.devnull)
    os.environ.setdefault("SECRET_KEY", "only-for-tests")
    chosen = [*shlex.split(os.environ.get("ARGS", "")), *arguments]
    return become(python, "-m", "pytest", *chosen) if chosen else _both_halves(python)


def _both_halves(python: Path) -> int:
    """All tests: those in a browser, which mostly wait, beside the others, in half the time; their report follows."""
    command = [str(python), "-m", "pytest"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as report:
        browsing = subprocess.Popen([*command, "tests/e2e"], cwd=ROOT, stdout=report, stderr=subprocess.STDOUT)
        try:
            status = subprocess.call([*command, "recognizer/tests", "accounts/tests"], cwd=ROOT)
            print("\nIn the browser:", flush=True)
            status = max(status, browsing.wait())
        finally:
            browsing.kill()
        report.seek(0)
        sys.stdout.write(report.read())
    return status


def admin() -> int:
    python = environment_ready()
    env_file_write(ROOT / ".env")
    subprocess.run([str(python), "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
    given = os.environ.get("DJANGO_SUPERUSER_EMAIL") and os.environ.get("DJANGO_SUPERUSER_PASSWORD")
    return become(python, "manage.py", "createsuperuser", *(["--noinput"] if given else []))


def main(arguments: list[str]) -> int:
    """Do what the first argument says; return the exit status."""
    what, rest = (arguments[0] if arguments else ""), arguments[1:]
    try:
        if what == "run":
            return run()
        if what == "test":
            return test(rest)
        if what == "admin":
            return admin()
        if what in ("install", "install-dev"):
            environment_ready(test=what == "install-dev")
            return 0
        raise Failure("Say what to do: run, test, admin, install or install-dev.")
    except Failure as error:
        print(f"Numeral: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    except KeyboardInterrupt:
        print("\nStopped. Nothing is half done that the next run does not mend.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
