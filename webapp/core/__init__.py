"""Knows no feature: each module is named for its subject."""
