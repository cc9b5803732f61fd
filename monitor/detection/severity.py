"""Says how bad a hit is, from what was exposed and what was said; never whether it is a hit.

=============================================  ========
what the post does                             severity
=============================================  ========
threatens the subject                          critical
two or more of the grave things below          critical
one grave thing: shows the phone number, the
national id, the address or the workplace;
sexual smear or sex advert; death notice or
death wish; disease or drug smear; the family
attacked                                       high
accuses of a crime, hunts, calls to spread,
blasts contacts, poses as an authority         medium
anything else                                  low
=============================================  ========
"""

from __future__ import annotations

from collections.abc import Iterable

from monitor.detection.model import Cue, Mention, Severity, TermKind

GRAVE_KINDS = {
    TermKind.PHONE: "phone",
    TermKind.ASSOCIATE_PHONE: "phone",
    TermKind.NATIONAL_ID: "national id",
    TermKind.PLACE: "address",
    TermKind.EMPLOYER: "workplace",
}
GRAVE_FAMILIES = frozenset({"sexual", "death", "disease_drug", "family_targeting"})
SERIOUS_FAMILIES = frozenset({"accusation", "wanted", "exposure", "contact_blast", "impersonated_authority"})


def severity_of(mentions: Iterable[Mention], cues: Iterable[Cue]) -> Severity:
    """The severity of a hit by the table of this module."""
    families = {cue.family for cue in cues}
    exposed = {GRAVE_KINDS[mention.kind] for mention in mentions if mention.kind in GRAVE_KINDS}
    grave = len(exposed) + len(families & GRAVE_FAMILIES)
    if "threat" in families or grave >= 2:
        return Severity.CRITICAL
    if grave:
        return Severity.HIGH
    if families & SERIOUS_FAMILIES:
        return Severity.MEDIUM
    return Severity.LOW
