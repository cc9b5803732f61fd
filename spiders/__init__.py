"""The web → posts. Knows nothing of subjects, hits or the database."""
