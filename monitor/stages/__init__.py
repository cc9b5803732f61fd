"""The arrows of the flow, one file each. A stage asks the database what is left to do and hands nothing on in memory but counts."""
