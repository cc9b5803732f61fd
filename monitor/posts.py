"""What a crawl brought that had not been read before: the value that passes from reading to matching."""

from __future__ import annotations

import dataclasses

from spiders.items import Post


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CollectedPost:
    """A post that was not read before with this body. ``is_edited``: it was read with another one."""

    source_id: str
    post: Post
    is_edited: bool
