"""Has its owner given this very picture before?"""

from __future__ import annotations

import hashlib

from accounts.models import User
from recognizer.models import Upload
from recognizer.selectors import newest_upload_of_hash


def earlier_upload(*, owner: User, data: bytes) -> Upload | None:
    """The newest upload for which this owner sent the same bytes and kept the picture; None where there is none.

    To be asked before the picture is read and stored. Nobody else's uploads are looked at, and where only the
    reading was kept nothing is known of the picture.
    """
    return newest_upload_of_hash(owner=owner, sha256=hashlib.sha256(data).hexdigest())
