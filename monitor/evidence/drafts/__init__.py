"""Drafts of the certificates that courts ask for beside electronic records: blanks for people, never signed."""

from monitor.evidence.drafts.filling import Draft, DraftFacts, DraftFile, DraftItem, drafts, explanation

__all__ = ["Draft", "DraftFacts", "DraftFile", "DraftItem", "drafts", "explanation"]
