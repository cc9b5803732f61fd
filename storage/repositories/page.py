"""What is remembered of pages between two crawls. Page addresses are sealed: they can hold names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import col, delete, select

from storage.crypto import Secret
from storage.models import PageStateRow
from storage.repositories.base import CHUNK, Repository, chunks, place


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageStateRecord:
    """The fields of a crawl's page state, by the same names."""

    url: str
    kind: str
    marker: str = ""
    last_page_url: str = ""
    etag: str = ""
    last_modified: str = ""
    read_at: datetime | None = None


class PageRepository(Repository):
    def states(self, source_id: str) -> Sequence[PageStateRecord]:
        """All that is remembered of a source's pages."""
        self._scope.require_operator("see what a crawl remembers")
        secret = self._secret(source_id)
        rows = self._session.exec(select(PageStateRow).where(col(PageStateRow.source_id) == source_id)).all()
        return [
            PageStateRecord(
                read_at=row.read_at,
                **secret.unseal(place("page_state", source_id, row.page_key.hex()), row.sealed),
            )
            for row in rows
        ]

    def save(self, source_id: str, states: Iterable[PageStateRecord]) -> None:
        """Remember pages; what was remembered of the same addresses is replaced."""
        self._scope.require_operator("change what a crawl remembers")
        secret = self._secret(source_id)
        newest = {state.url: state for state in states}
        for chunk in chunks(list(newest.values()), CHUNK):
            statement = self._insert(PageStateRow).values(
                [_values(secret, source_id, state) for state in chunk]
            )
            self._run(
                statement.on_conflict_do_update(
                    index_elements=["source_id", "page_key"],
                    set_={"read_at": statement.excluded.read_at, "sealed": statement.excluded.sealed},
                )
            )

    def forget(self, source_id: str | None = None) -> int:
        """Forget one source's pages, or all: the next crawl reads everything again. How many there were."""
        self._scope.require_operator("change what a crawl remembers")
        statement = delete(PageStateRow)
        if source_id is not None:
            statement = statement.where(col(PageStateRow.source_id) == source_id)
        return self._run(statement)

    def _secret(self, source_id: str) -> Secret:
        return self._context.instance.child(f"pages {source_id}")


def _values(secret: Secret, source_id: str, state: PageStateRecord) -> dict[str, object]:
    page_key = secret.fingerprint("page", state.url)
    fields = dataclasses.asdict(state)
    read_at = fields.pop("read_at")
    return {
        "source_id": source_id,
        "page_key": page_key,
        "read_at": read_at,
        "sealed": secret.seal(place("page_state", source_id, page_key.hex()), fields),
    }
