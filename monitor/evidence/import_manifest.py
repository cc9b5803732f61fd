"""The manifest of a file that a person handed in: what it is, what was read from it, when and by whom; computes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from monitor.evidence.manifest import FileEntry, MachineEntry, OperatorEntry


class ImportManifest(BaseModel):
    """The record of one import. ``name`` and ``metadata`` are what the file says of itself, unproved.

    ``modified_at``: what the file system said; copying a file often changes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal["shamewatch-import/1"] = "shamewatch-import/1"
    import_id: str
    imported_at: datetime
    imported_by: str
    operator: OperatorEntry
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    modified_at: datetime | None
    note: str
    metadata: dict[str, str]
    reading_failure: str
    files: tuple[FileEntry, ...]
    tool: str
    tool_version: str
    machine: MachineEntry

    def to_json(self) -> str:
        """Indented, stable field order, one newline at the end."""
        return self.model_dump_json(indent=2) + "\n"
