"""Puts the stages in order and on a schedule."""
