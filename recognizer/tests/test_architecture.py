"""The laws of the house."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("accounts", "hdr_site", "recognizer", "bench", "docs", "tests")
DJANGO = {"django", "allauth", "crispy_forms", "csp", "huey", "environ"}
TRAINING_LIBRARIES = {"tensorflow", "keras"}


def python_files() -> list[Path]:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted(path for path in files if "migrations" not in path.parts)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, function-local imports counted, those for the type checker not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def top_levels(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(path)}


def under(*folders: str) -> list[Path]:
    return [path for path in python_files() for folder in folders if path.is_relative_to(ROOT / "recognizer" / folder)]


@pytest.mark.parametrize("folder", ["domain", "vision", "inference", "training"])
def test_the_reading_core_imports_no_django(folder: str) -> None:
    files = under(folder)
    assert files
    offenders = {module_name(path): found for path in files if (found := top_levels(path) & DJANGO)}
    assert not offenders


def test_the_domain_is_a_leaf() -> None:
    for path in under("domain"):
        assert all(
            name.startswith("recognizer.domain") for name in imports_of(path) if name.startswith("recognizer")
        ), module_name(path)


def test_vision_and_inference_do_not_know_each_other() -> None:
    for path in under("vision"):
        assert not {name for name in imports_of(path) if name.startswith("recognizer.inference")}, module_name(path)
    for path in under("inference"):
        assert not {name for name in imports_of(path) if name.startswith("recognizer.vision")}, module_name(path)


def test_training_libraries_are_imported_under_training_alone() -> None:
    allowed = under("training")
    offenders = [
        module_name(path)
        for path in python_files()
        if path not in allowed and "tests" not in path.parts and "bench" not in path.parts
        if top_levels(path) & TRAINING_LIBRARIES
    ]
    assert not offenders


def test_networks_are_written_for_keras_and_not_for_tensorflow() -> None:
    """So that other backends train them; only sharing a training among devices is TensorFlow's own."""
    assert [module_name(path) for path in under("training") if "tensorflow" in top_levels(path)] == [
        "recognizer.training.strategies"
    ]


def test_training_normalises_with_the_code_that_serves() -> None:
    users = [module_name(path) for path in under("training") if "recognizer.vision.normalise" in imports_of(path)]
    assert users
    assert not [path for path in under("training") if "def normalise" in path.read_text(encoding="utf-8")]


def test_accounts_never_import_the_recogniser() -> None:
    files = [path for path in python_files() if path.is_relative_to(ROOT / "accounts") and "tests" not in path.parts]
    assert files
    assert not [module_name(path) for path in files if "recognizer" in top_levels(path)]


def test_no_module_imports_itself_through_others() -> None:
    modules = {module_name(path): path for path in python_files() if "tests" not in path.parts}
    graph = {name: {found for found in imports_of(path) if found in modules} - {name} for name, path in modules.items()}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for found in sorted(graph[name]):
                walk(found, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        walk(name, ())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{module_name(path)}.{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_files_stay_under_300_lines_and_functions_under_40() -> None:
    long_files = [
        module_name(path) for path in python_files() if len(path.read_text(encoding="utf-8").splitlines()) >= 300
    ]
    long_functions = [(name, lines) for path in python_files() for name, lines in functions(path) if lines >= 40]
    assert not long_files
    assert not long_functions


def test_the_weights_folder_is_no_python_package() -> None:
    assert not list((ROOT / "models").rglob("*.py"))
    for path in python_files():
        assert "models" not in {name for name in imports_of(path) if "." not in name}, module_name(path)


def test_no_signals_and_no_logic_in_save() -> None:
    for path in under("models", "services", "views", "admin"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert "save" not in defined, module_name(path)
        assert not {name for name in imports_of(path) if name.startswith("django.db.models.signals")}


def test_only_ingest_and_the_diagnosis_decode_what_people_send() -> None:
    allowed = {"recognizer.services.ingest", "recognizer.services.diagnosis"}
    callers = {
        module_name(path)
        for path in python_files()
        if "tests" not in path.parts and "recognizer.services.recognise.picture_recognise" in imports_of(path)
    }
    assert callers == allowed


SERVE_A_PAGE = """
import os, sys
os.environ.update(DJANGO_SETTINGS_MODULE="hdr_site.settings", DEBUG="true")  # no collected static files here
import django
django.setup()
from django.test import Client
assert Client(SERVER_NAME="localhost").get("/").status_code == 200
import recognizer.services.ingest
print(sorted(set(sys.modules) & {"tensorflow", "keras", "matplotlib", "PIL"}))
"""


def test_serving_loads_neither_tensorflow_nor_a_decoder() -> None:
    """Decoders (Pillow) belong in the children, training libraries in runs."""
    done = subprocess.run(
        [sys.executable, "-c", SERVE_A_PAGE], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
