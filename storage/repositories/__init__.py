"""Queries: each repository hands out frozen records and applies the tenant filter itself."""
