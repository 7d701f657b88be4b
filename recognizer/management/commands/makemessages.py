"""``manage.py makemessages``: Django's own, which also finds the sentences given to ``phrase`` and ``say``."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    python_options = (
        "--keyword=phrase:1",
        "--keyword=phrases:1,2",
        "--keyword=say:1",
        "--keyword=say_n:1,2",
        # “95 % between” is no format, although it looks like one.
        *(f"--flag={name}:{at}:no-python-format" for name in ("phrase", "say") for at in (1,)),
        *(f"--flag={name}:{at}:no-python-format" for name in ("phrases", "say_n") for at in (1, 2)),
    )

    def handle(self, *args: Any, **options: Any) -> None:
        options["ignore_patterns"] += ["bench", "docs", "tests", "var"]
        options["no_wrap"] = True
        # Without places the catalogue stays the same to a line, whatever moved around its messages.
        # In scripts, ``say`` is handed the name of a text that the page brings along, not the text.
        words = self.python_options if options["domain"] == "django" else ()
        self.xgettext_options = [*makemessages.Command.xgettext_options, *words, "--no-location"]
        super().handle(*args, **options)
