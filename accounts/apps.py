from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy

from hdr_site.verbose_names import names_translate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = gettext_lazy("Accounts")

    def ready(self) -> None:
        names_translate(self)
