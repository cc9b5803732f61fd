"""The vault: write-once files, sealed with their subject's key and addressed by a keyed digest."""
