"""How files come to the page where pictures are given, and how the worker reads what was sent."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from playwright.sync_api import FilePayload, Page, expect

from recognizer.models import Batch
from recognizer.services.batch_reading import batch_advance, batch_turn

BATCH_PAGE = re.compile(r"/batches/[0-9a-f-]{36}/$")

BRING = """
(target, [kind, files]) => {
  const data = new DataTransfer();
  for (const [name, type, content] of files) {
    if (type === "text/plain") data.items.add(content, type);
    else data.items.add(new File([Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0))], name, {type}));
  }
  const more = {bubbles: true, cancelable: true};
  const event = kind === "paste"
    ? new ClipboardEvent(kind, {...more, clipboardData: data})
    : new DragEvent(kind, {...more, dataTransfer: data});
  return !target.dispatchEvent(event);
}
"""


def bring(page: Page, kind: str, *pictures: bytes, to: str = "footer", media: str = "image/png") -> bool:
    """Drag over, drop or paste files on some element; whether the page took the event for itself."""
    files = [[f"given-{at}.png", media, base64.b64encode(data).decode()] for at, data in enumerate(pictures)]
    return bool(page.locator(to).first.evaluate(BRING, [kind, files]))


def give(page: Page, files: Mapping[str, bytes]) -> None:
    """Choose several files in the dialogue of the browser."""
    kinds = {"zip": "application/zip", "pdf": "application/pdf", "txt": "text/plain"}
    with page.expect_file_chooser() as chooser:
        page.locator("[name=image]").evaluate("(field) => field.click()")
    payload: list[FilePayload] = [
        {"name": name, "mimeType": kinds.get(name.rpartition(".")[2], "image/png"), "buffer": data}
        for name, data in files.items()
    ]
    chooser.value.set_files(payload)


def send(page: Page, name: str) -> Batch:
    """Press the button and wait for the page of the batch."""
    page.locator("main").get_by_role("button", name=name, exact=True).click()
    expect(page).to_have_url(BATCH_PAGE)
    return Batch.objects.get(id=page.url.rstrip("/").rpartition("/")[2])


def work(batch: Batch) -> None:
    """Read what can be read at once, as the worker does."""
    batch.refresh_from_db()
    turn = batch.heartbeat_at or batch_turn(batch_id=batch.id)
    while turn is not None:
        turn = batch_advance(batch_id=batch.id, turn=turn)
