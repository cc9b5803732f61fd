"""What a crawl brought that had not been read before: the value that passes from reading to matching."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from spiders.items import Post


@dataclasses.dataclass(frozen=True, slots=True)
class WatchAge:
    """How old the watch list is that posts are matched against.

    ``changed_at``: when a term last changed; posts that were matched before then are matched again.
    ``made_at``: when the list was made; posts are noted as matched at that time, so that a term which
    is added while a round runs is looked for in the next one.
    """

    made_at: datetime
    changed_at: datetime | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CollectedPost:
    """A post that was not matched before with this body. ``is_edited``: it was read with another one.

    ``source_id`` is None where its source was removed meanwhile.
    """

    source_id: str | None
    post: Post
    is_edited: bool
