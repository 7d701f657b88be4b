"""A browser that visited before never mixes old scripts with new ones."""

from __future__ import annotations

import re
from pathlib import Path

from django.contrib.staticfiles.finders import find
from django.core.files.storage import FileSystemStorage

from hdr_site.storage import HashedStaticFilesStorage

SCRIPTS = Path(__file__).resolve().parents[2] / "static" / "js"
IMPORTED = re.compile(r"""(?:from|import)\s*\(?["']([./][^"']+)["']""")


def collected(folder: Path, sources: dict[str, str]) -> dict[str, str]:
    """What is served for these files, by the names of their sources."""
    storage = HashedStaticFilesStorage(location=folder, base_url="/static/")
    plain = FileSystemStorage(location=folder)
    for name, text in sources.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for _, _, done in storage.post_process({name: (plain, name) for name in sources}):
        assert not isinstance(done, Exception), done
    return {name: storage.hashed_files[storage.hash_key(name)] for name in sources}


def test_what_a_module_imports_has_a_name_that_changes_with_its_content(tmp_path: Path) -> None:
    page = 'import { keep } from "./keeping.js";\nkeep();\n'
    sources = {"js/page.js": page, "js/keeping.js": "export const keep = () => 1;\n"}
    before = collected(tmp_path / "before", sources)
    assert Path(before["js/keeping.js"]).name in (tmp_path / "before" / before["js/page.js"]).read_text()

    after = collected(tmp_path / "after", {**sources, "js/keeping.js": "export const keep = () => 2;\n"})
    assert after["js/keeping.js"] != before["js/keeping.js"]
    assert after["js/page.js"] != before["js/page.js"], "who imports it must be fetched anew, too"


def test_all_that_our_scripts_import_is_hashed(tmp_path: Path) -> None:
    sources = {f"js/{path.name}": path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.js")}
    served = collected(tmp_path, sources)
    hashed = {Path(name).name for name in served.values()}
    imports = [name for path in served.values() for name in IMPORTED.findall((tmp_path / path).read_text("utf-8"))]
    assert len(imports) >= 8
    assert [name for name in imports if Path(name).name not in hashed] == []


def test_bootstrap_is_there_in_both_directions() -> None:
    assert find("bootstrap/css/bootstrap.min.css")
    assert find("bootstrap/css/bootstrap.rtl.min.css")
