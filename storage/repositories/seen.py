"""Which posts were read before, and whether their wording changed. Stores keyed fingerprints only."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlmodel import col, delete, select

from storage.models import SeenPostRow
from storage.repositories.base import CHUNK, Context, Repository, chunks

Verdict = Literal["new", "edited", "known", "stale"]
_POST_KEY_BYTES = 16
_BODY_KEY_BYTES = 8


class SeenRepository(Repository):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._key = context.instance.subkey("seen posts")

    def compare(
        self, site: str, posts: Sequence[tuple[str, str]], *, stale_before: datetime | None = None
    ) -> Sequence[Verdict]:
        """For each (post id, SHA-256 of the body as hex), in order: is it new, edited, known or stale?

        "stale" is known, but last matched before ``stale_before``, when the watch list was another. A post
        that stands twice in the list gets the same verdict twice; nothing is stored.
        """
        self._scope.require_operator("compare with posts seen before")
        keys = [self._keys_of(site, post_id, body) for post_id, body in posts]
        stored: dict[bytes, tuple[bytes, datetime]] = {}
        for chunk in chunks([post_key for post_key, _ in keys], CHUNK):
            query = select(SeenPostRow.post_key, SeenPostRow.body_key, SeenPostRow.seen_at).where(
                col(SeenPostRow.post_key).in_(chunk)
            )
            stored.update(
                (bytes(post_key), (bytes(body_key), seen_at))
                for post_key, body_key, seen_at in self._session.exec(query)
            )
        return [_verdict(stored.get(post_key), body_key, stale_before) for post_key, body_key in keys]

    def remember(self, site: str, posts: Sequence[tuple[str, str]], *, at: datetime | None = None) -> None:
        """Note the posts as seen with these bodies. To be called after their hits were recorded.

        ``at``: when the watch list that they were matched against was made; now, where it is not said.
        """
        self._scope.require_operator("note posts as seen")
        seen_at = at or self._context.now()
        rows = dict(self._keys_of(site, post_id, body) for post_id, body in posts)
        for chunk in chunks(sorted(rows.items()), CHUNK):
            statement = self._insert(SeenPostRow).values(
                [
                    {"post_key": post_key, "body_key": body_key, "seen_at": seen_at}
                    for post_key, body_key in chunk
                ]
            )
            self._run(
                statement.on_conflict_do_update(
                    index_elements=["post_key"],
                    set_={"body_key": statement.excluded.body_key, "seen_at": statement.excluded.seen_at},
                )
            )

    def forget_before(self, moment: datetime) -> int:
        """Drop fingerprints of posts that were not met since. How many there were."""
        self._scope.require_operator("forget posts seen before")
        return self._run(delete(SeenPostRow).where(col(SeenPostRow.seen_at) < moment))

    def _keys_of(self, site: str, post_id: str, body_sha256: str) -> tuple[bytes, bytes]:
        post = f"{len(site)}:{site}{post_id}".encode("utf-8", "surrogatepass")
        post_key = hmac.digest(self._key, b"post" + post, hashlib.sha256)[:_POST_KEY_BYTES]
        body_key = hmac.digest(self._key, b"body" + post_key + body_sha256.encode(), hashlib.sha256)[
            :_BODY_KEY_BYTES
        ]
        return post_key, body_key


def _verdict(
    stored: tuple[bytes, datetime] | None, body_key: bytes, stale_before: datetime | None
) -> Verdict:
    if stored is None:
        return "new"
    stored_key, seen_at = stored
    if stored_key != body_key:
        return "edited"
    return "stale" if stale_before is not None and seen_at < stale_before else "known"
