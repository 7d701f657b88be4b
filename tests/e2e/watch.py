"""Notes whatever goes wrong in a browser window without a test looking for it."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request

TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`Content-Security-Policy: ${event.violatedDirective} forbids ${event.blockedURI}`);
});
"""
UNPLUGGED = "Failed to load resource: net::ERR_INTERNET_DISCONNECTED"
REFUSED = "Failed to load resource: the server responded with a status of 4"


class Watch:
    """Collects messages of the console, uncaught errors, violations of the policy, and requests to other hosts."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.problems: list[str] = []
        self.home = urlsplit(home).netloc
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.problems.append(f"uncaught: {error.error}"))
        context.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        path = urlsplit(str(message.location.get("url", ""))).path
        # The console also says that a form with a mistake was answered with a 4xx, as it should be.
        refused_page = message.text.startswith(REFUSED) and not path.startswith("/static/")
        # Only a test that pulls the plug itself sees this one.
        unplugged = message.text == UNPLUGGED
        if message.type in ("error", "warning") and not (refused_page or unplugged):
            self.problems.append(f"console: {message.text} ({path})")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.home:
            self.problems.append(f"request to another host: {request.url}")
