"""A draft's facts about one item, read from that item's own manifest: what exports a pack made none of its captures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.evidence.drafts.facts import DraftFile, DraftItem, HowMade
from monitor.evidence.told_manifest import Told


def item_from_manifest(
    evidence_id: str,
    manifest: Mapping[str, Any],
    *,
    is_import: bool,
    made_at: datetime,
    signer: str,
    stamps: Sequence[tuple[str, datetime]],
    files: Sequence[DraftFile],
) -> DraftItem:
    """The item as drafts tell of it. ``made_at`` stands where the manifest says no time."""
    told = Told.model_validate(manifest)
    return DraftItem(
        id=evidence_id,
        is_import=is_import,
        untrusted_origin=told.name if is_import else told.requested_url,
        untrusted_title=told.page.title,
        untrusted_note=told.note,
        server=told.server_address,
        began_at=told.started_at or told.imported_at or made_at,
        ended_at=told.ended_at,
        verdict=told.verdict,
        reason=told.reason,
        signer=signer,
        stamps=stamps,
        how=_how(told),
        files=files,
    )


def _how(told: Told) -> HowMade:
    commit = f" (commit {told.tool_commit})" if told.tool_commit else ""
    machine = told.machine
    return HowMade(
        tool=f"{told.tool.capitalize()} {told.tool_version}{commit}" if told.tool_version else "",
        browser=f"{told.browser.name} {told.browser.version}" if told.browser.version else "",
        system=machine.operating_system,
        operator=", ".join(filter(None, (told.operator.name, told.operator.role))),
        device=told.operator.device,
        access=told.access,
        proxy=told.browser.proxy,
        resolvers=", ".join(machine.resolvers),
        hosts_file_sha256=machine.hosts_file_sha256,
        packages_sha256=machine.packages_sha256,
        is_fresh_profile=told.browser.is_fresh_profile,
        is_clock_synchronised=machine.clock.is_synchronised,
        clock_error_ms=machine.clock.maximum_error_ms,
    )
