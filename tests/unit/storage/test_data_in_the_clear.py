"""docs/data-in-the-clear.md says of every column whether it can be read, and says nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import LargeBinary

from storage.models import metadata

PAGE = Path(__file__).parents[3] / "docs" / "data-in-the-clear.md"
# Digests that are stored as text or are no secret.
TEXT_DIGESTS = {("evidence_file", "vault_address")}
PLAIN_BYTES = {("source", "url_sha256")}


def _rows() -> dict[str, tuple[set[str], str, set[str]]]:
    rows = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            clear = set() if cells[1] == "–" else set(cells[1].split(", "))
            rows[cells[0].strip("`")] = (clear, cells[2], set(re.findall(r"`(\w+)`", cells[3])))
    return rows


def test_the_page_names_every_table() -> None:
    assert _rows().keys() == metadata.tables.keys()


def test_the_page_names_exactly_the_columns_that_can_be_read() -> None:
    for table, (clear, sealed, digests) in _rows().items():
        columns = metadata.tables[table].columns
        binary = {column.name for column in columns if isinstance(column.type, LargeBinary)}
        binary -= {name for owner, name in PLAIN_BYTES if owner == table}
        hidden = binary | {name for owner, name in TEXT_DIGESTS if owner == table}
        assert clear == {column.name for column in columns} - hidden, table
        assert digests == hidden - {"sealed", "wrapped"}, table
        assert (sealed != "–") == bool(hidden & {"sealed", "wrapped"}), table
