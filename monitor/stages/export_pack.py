"""Evidence → pack: gathers what belongs to some hits or items of one person, and has it reported, packed and sealed."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from monitor.detection.lexicon import SHAMING_FAMILIES
from monitor.errors import BadInputError
from monitor.evidence.browser import Browser
from monitor.evidence.drafts import DraftFacts, DraftFile, DraftItem, drafts, explanation, item_from_manifest
from monitor.evidence.machine_facts import tool_version
from monitor.evidence.pack import CustodyRoot, Pack, PackContents, PackItem, build_pack
from monitor.evidence.report.contents import (
    CustodyLine,
    ReportContents,
    ReportedHit,
    ReportedItem,
    Sign,
    Span,
    TimelineEntry,
)
from monitor.evidence.report.from_manifest import item_from_folder
from monitor.evidence.report.making import make_report
from monitor.evidence.report.wording import LANGUAGES, known_language, language_of
from monitor.evidence.safekeeping import moment_from_record, stamp_times, take_folder
from monitor.evidence.seal import SIGNER_CERT, Sealing
from monitor.evidence.signing import fingerprint_of
from monitor.evidence.timeline import timeline
from monitor.scratch import Scratch
from storage import Scope, Storage, UnitOfWork
from storage.errors import NotFoundError
from storage.repositories.evidence import EvidenceRecord
from storage.repositories.hit_records import HitRecord
from storage.repositories.subject import SubjectRecord
from storage.vault.custody import Action


@dataclasses.dataclass(frozen=True, slots=True)
class PackMeans:
    """What packs are made with."""

    open_browser: Callable[[], Browser]
    sealing: Sealing
    scratch: Scratch
    actor: str
    operator: str = ""
    operator_role: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class _Gathered:
    subject: SubjectRecord
    hits: Sequence[tuple[HitRecord, Sequence[EvidenceRecord]]]
    loose: Sequence[EvidenceRecord]

    @property
    def items(self) -> list[EvidenceRecord]:
        return [*itertools.chain.from_iterable(items for _, items in self.hits), *self.loose]


def export_pack(
    storage: Storage, ids: Sequence[str], out: Path, means: PackMeans, language: str = ""
) -> Pack:
    """Write a pack of these hits (``h-…``) and single items (``e-…``) to the new file ``out``.

    The report is in ``language``, or in the subject's. Every item's custody log notes the export before
    anything is written. Raises NotFoundError, BadInputError, StorageError, BrowserStartError, OSError.
    """
    if out.exists():
        raise BadInputError(why=f"{out} is there already. Name a new file.")
    if language and known_language(language) is None:
        raise BadInputError(why=f"there is no report in {language!r}. There are: {', '.join(LANGUAGES)}.")
    gathered = _gather(storage, ids)
    _note_export(storage, gathered, means)
    with means.scratch.folder() as folder:
        with storage.read(Scope.operator()) as work:
            items = [_pack_item(work, record, folder) for record in gathered.items]
            contents = _report(work, gathered, items, means, language)
        with means.open_browser() as browser:
            report = make_report(contents, browser, means.sealing)
            certificates = _drafts(contents, items, browser)
        packed = PackContents(items=items, report_pdf=report, drafts=certificates, language=contents.language)
        return build_pack(packed, out, means.sealing, folder)


def _gather(storage: Storage, ids: Sequence[str]) -> _Gathered:
    with storage.read(Scope.operator()) as work:
        wanted = list(dict.fromkeys(ids))
        hits = [work.hits.get(one) for one in wanted if not one.startswith("e-")]
        loose = [work.evidence.get(one) for one in wanted if one.startswith("e-")]
        owners = {hit.subject_id for hit in hits} | {record.subject_id for record in loose}
        if len(owners) != 1:
            raise BadInputError(
                why="a pack is about one person: name hits and items of one subject, and at least one of them."
            )
        with_items = [(hit, _sealed(work.evidence.of_hit(hit.id))) for hit in hits]
        known = {item.id for _, items in with_items for item in items}
        gathered = _Gathered(
            work.subjects.get(owners.pop()),
            with_items,
            [item for item in _sealed(loose) if item.id not in known],
        )
    if not gathered.items:
        raise BadInputError(
            why="nothing of this is sealed yet, so there is nothing to pack. Capture it first."
        )
    return gathered


def _sealed(records: Sequence[EvidenceRecord]) -> list[EvidenceRecord]:
    """What was captured before seals were made, or not at all, has no files that could be checked."""
    return [record for record in records if record.sums_sha256]


def _note_export(storage: Storage, gathered: _Gathered, means: PackMeans) -> None:
    stamper = means.sealing.stamper
    with storage.begin(Scope.operator()) as work:
        for record in gathered.items:
            work.custody.record(record.id, Action.EXPORTED, means.actor, "into an evidence pack")
        for hit, _ in gathered.hits:
            work.audit.record("evidence packed", means.actor, gathered.subject.id, hit.id)
        is_unknown = any(work.custody.proof(record.id) is None for record in gathered.items)
        root = work.custody.make_root(datetime.now(UTC)) if is_unknown else None
    if root is not None:
        stamps, _ = stamper.stamps(root.document)
        with storage.begin(Scope.operator()) as work:
            for stamp in stamps:
                work.custody.add_stamp(root.id, stamp.tsa, stamp.response_der)


def _pack_item(work: UnitOfWork, record: EvidenceRecord, folder: Path) -> PackItem:
    found = work.custody.proof(record.id)
    proof, root = found if found is not None else (None, None)
    target = folder / record.id
    take_folder(work, record, target)
    return PackItem(
        evidence_id=record.id,
        kind=record.kind,
        made_at=record.captured_at,
        folder=target,
        entries=work.custody.entries(record.id),
        proof=proof,
        root=CustodyRoot(root.id, root.document, root.stamps) if root is not None else None,
    )


def _report(
    work: UnitOfWork, gathered: _Gathered, items: Sequence[PackItem], means: PackMeans, language: str
) -> ReportContents:
    folders = {item.evidence_id: item.folder for item in items}
    subject = gathered.subject
    chosen = language_of(language or subject.language)
    reported = {record.id: _item(work, record, folders[record.id]) for record in gathered.items}
    return ReportContents(
        language=chosen,
        label=subject.label,
        timezone=subject.timezone or "UTC",
        made_at=datetime.now(UTC),
        fingerprint=means.sealing.signer.fingerprint,
        tool=f"Shamewatch {tool_version()}",
        operator=means.operator,
        operator_role=means.operator_role,
        hits=[
            _hit(hit, [reported[record.id] for record in records], _source(work, hit))
            for hit, records in gathered.hits
        ],
        loose_items=[reported[record.id] for record in gathered.loose],
        timeline=_timeline(gathered.items),
        custody=[
            CustodyLine(
                item_id=item.evidence_id, number=entry.number, at=entry.at, action=entry.action,
                actor=entry.actor, detail=entry.detail, hash=entry.hash,
            )
            for item in items
            for entry in item.entries
        ],
    )  # fmt: skip


def _hit(hit: HitRecord, items: Sequence[ReportedItem], source: str) -> ReportedHit:
    content, post = hit.content, hit.post
    shaming = [one for one in content.cues if one.family in SHAMING_FAMILIES]
    return ReportedHit(
        id=hit.id,
        site=post.site,
        source=source,
        untrusted_text=post.untrusted_text,
        untrusted_title=post.untrusted_title,
        untrusted_quoted=post.untrusted_quoted,
        untrusted_author=post.untrusted_author,
        untrusted_url=post.url,
        published_at=post.published_at,
        found_at=hit.found_at,
        severity=hit.severity,
        spans=[
            *(Span(start=one.start, end=one.end, is_mention=False, field=one.field) for one in shaming),
            *(Span(start=one.start, end=one.end, is_mention=True, field=one.field) for one in content.mentions),
        ],
        signs=[
            *(Sign(what=one.kind, untrusted_text=one.text, is_person=True, reads_as=one.term) for one in content.mentions),
            *(Sign(what=one.family, untrusted_text=one.text, is_person=False, is_against=one not in shaming)
              for one in content.cues),
        ],
        items=items,
    )  # fmt: skip


def _source(work: UnitOfWork, hit: HitRecord) -> str:
    """Where the post was read; empty where that source is not kept any more."""
    try:
        return work.sources.get(hit.source_id).url if hit.source_id else ""
    except NotFoundError:
        return ""


def _item(work: UnitOfWork, record: EvidenceRecord, folder: Path) -> ReportedItem:
    return item_from_folder(
        record.id, folder, kind=record.kind, made_at=record.captured_at, stamps=stamp_times(record, work)
    )


def _timeline(records: Sequence[EvidenceRecord]) -> list[TimelineEntry]:
    return [
        TimelineEntry(
            at=event.at, item_id=event.item_id, key=event.key, before=event.before, untrusted_page=event.page
        )
        for event in timeline([moment_from_record(record) for record in records])
    ]


def _drafts(contents: ReportContents, items: Sequence[PackItem], browser: Browser) -> dict[str, bytes]:
    reported = {
        one.id: one for one in (*contents.loose_items, *(item for hit in contents.hits for item in hit.items))
    }
    facts = DraftFacts(items=[_draft_item(item, reported[item.evidence_id]) for item in items])
    files: dict[str, bytes] = {"README.txt": explanation(contents.language).encode() + b"\n"}
    for draft in drafts(facts):
        files[f"{draft.name}.pdf"] = browser.print_pdf(draft.html)
        files[f"{draft.name}.txt"] = draft.text.encode()
    return files


def _draft_item(item: PackItem, reported: ReportedItem) -> DraftItem:
    """From the item's own folder: program and key may be newer than those that captured."""
    return item_from_manifest(
        item.evidence_id,
        json.loads((item.folder / "manifest.json").read_bytes()),
        is_import=item.kind == "import",
        made_at=item.made_at,
        signer=fingerprint_of(x509.load_pem_x509_certificate((item.folder / SIGNER_CERT).read_bytes())),
        stamps=reported.stamps,
        files=[
            DraftFile(name=file.name, sha256=file.sha256, size_bytes=file.size_bytes)
            for file in reported.files
        ],
    )
