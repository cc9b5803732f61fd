"""Watch terms in, hits, evidence and alerts out."""

__version__ = "0.1.0"
