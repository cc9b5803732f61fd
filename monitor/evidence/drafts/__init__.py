"""Drafts of the certificates that courts ask for beside electronic records: blanks for people, never signed."""

from monitor.evidence.drafts.facts import DraftFacts, DraftFile, DraftItem, HowMade
from monitor.evidence.drafts.filling import Draft, drafts, explanation
from monitor.evidence.drafts.from_manifest import item_from_manifest

__all__ = [
    "Draft",
    "DraftFacts",
    "DraftFile",
    "DraftItem",
    "HowMade",
    "drafts",
    "explanation",
    "item_from_manifest",
]
