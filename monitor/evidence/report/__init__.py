"""The report of an evidence pack: what was found, shown to a person who decides, printed and signed."""
