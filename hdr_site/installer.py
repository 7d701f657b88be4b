"""Fill ``.venv`` with the locked requirements, once: the next start finds a stamp and goes on. Stdlib only."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

STAMP = "numeral-installed.json"
LOG = "numeral-install.log"
# What pip writes, and what to tell a person about it. The first that fits wins.
CAUSES = (
    (("No space left on device",), "The disk is full."),
    (
        ("DO NOT MATCH THE HASHES",),
        "A package differs from the one that was locked. A proxy may have altered it, or the download was cut short.",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED",),
        "The package index's certificate is not trusted. Behind a company proxy, set PIP_CERT to its certificate file.",
    ),
    (
        (
            "NewConnectionError",
            "NameResolutionError",
            "Connection refused",
            "ProxyError",
            "ConnectTimeout",
            "Read timed out",
        ),
        "The package index cannot be reached. Check the network (or PIP_INDEX_URL, HTTPS_PROXY) and run it again.",
    ),
    (("Permission denied",), "Files in .venv cannot be written by this user."),
    (
        ("from versions: none",),
        "The package index cannot be reached, or has no package for this kind of machine and Python.",
    ),
)


class Failure(Exception):
    """What a person must mend before Numeral can go on; str() is the sentence."""


def venv_make(base: str, folder: Path) -> None:
    """Make a virtual environment, replacing an unsound one. Raises Failure."""
    print(f"Making {folder.name} with {base} …", flush=True)
    answer = subprocess.run([base, "-m", "venv", "--clear", str(folder)], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        detail = (answer.stderr or answer.stdout).strip()
        raise Failure(
            "The virtual environment could not be made. On Debian or Ubuntu: sudo apt install python3-venv\n" + detail
        )


def digests(files: list[Path]) -> dict[str, str]:
    """The sha256 of each requirement file, by name."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def stamp_read(venv: Path) -> dict[str, str]:
    """What the stamp says is installed; empty without one, or with one that cannot be read."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def stamp_write(venv: Path, stamp: dict[str, str]) -> None:
    """Write the stamp so that it is there whole or not at all."""
    fresh = venv / (STAMP + ".new")
    fresh.write_text(json.dumps(stamp, indent=1, sort_keys=True), encoding="utf-8")
    os.replace(fresh, venv / STAMP)


def requirements_install(python: Path, files: list[Path]) -> bool:
    """Install locked requirement files unless the stamp says that they are; whether pip ran. Raises Failure."""
    venv = python.parent.parent
    wanted, had = digests(files), stamp_read(venv)
    if all(had.get(name) == digest for name, digest in wanted.items()):
        return False
    # From here until pip is done the environment is neither the old one nor the new.
    (venv / STAMP).unlink(missing_ok=True)
    pip_run(python, files, venv / LOG)
    # All files are locked together: where one has changed, the others on disk have too, and no longer vouch for it.
    every = digests([*files, *(file for file in siblings(files[0]) if file not in files)])
    stamp_write(venv, {**{name: digest for name, digest in had.items() if every.get(name) == digest}, **wanted})
    return True


def siblings(file: Path) -> list[Path]:
    """Every locked file of the checkout that this one belongs to."""
    root = file.parent.parent if file.parent.name == "requirements" else file.parent
    return [root / "requirements.txt", *sorted((root / "requirements").glob("*.txt"))]


def pip_run(python: Path, files: list[Path], log: Path) -> None:
    """Run pip with hashes required, showing that it works. Raises Failure, with the cause where pip's log names it."""
    command = [str(python), "-m", "pip", "install", "--require-hashes", "--no-input", "--progress-bar", "off"]
    for file in files:
        command += ["-r", str(file)]
    # PIP_USER=1, as some machines set it, makes no sense in a virtual environment and would end the run.
    environment = {**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    print(f"Installing what Numeral needs, once; this takes some minutes. Details: {log}", flush=True)
    with log.open("w", encoding="utf-8") as output:
        pip = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            status = progress_show(pip, log)
        except BaseException:
            pip.kill()
            pip.wait()
            raise
    if status != 0:
        raise Failure(failure_sentence(log.read_text(encoding="utf-8", errors="replace"), log))


def progress_show(pip: subprocess.Popen[bytes], log: Path) -> int:
    """Wait for pip, saying each second (on a terminal) or half minute what it is at; return its exit status."""
    terminal = sys.stdout.isatty()
    start = said = time.monotonic()
    while True:
        try:
            status = pip.wait(timeout=1)
            break
        except subprocess.TimeoutExpired:
            now = time.monotonic()
            line = f"  {now - start:4.0f} s  {last_step(log)}"
            if terminal:
                print(f"\r{line[:78]:<78}", end="", flush=True)
            elif now - said >= 30:
                print(line, flush=True)
                said = now
    if terminal:
        print("\r" + " " * 78 + "\r", end="")
    if status == 0:
        print(f"Installed in {time.monotonic() - start:.0f} s.", flush=True)
    return status


def last_step(log: Path) -> str:
    """The newest thing that pip says it is doing, in a few words."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode("utf-8", "replace").splitlines()
    for line in reversed(lines):
        words = line.split()
        if words and words[0] in ("Collecting", "Downloading", "Building"):
            return " ".join(words[:2])
        if line.startswith("Installing collected"):
            return "unpacking"
    return "looking"


def failure_sentence(output: str, log: Path) -> str:
    """What pip's output means for a person, then pip's own last error lines."""
    errors = [line for line in output.splitlines() if line.startswith("ERROR")][-3:]
    for marks, sentence in CAUSES:
        if any(mark in output for mark in marks):
            return "\n".join([sentence, *errors, f"All of pip's output: {log}"])
    return "\n".join(["The packages could not be installed.", *errors, f"All of pip's output: {log}"])
