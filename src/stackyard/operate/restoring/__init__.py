"""Restores on any target: planned, made beside what runs, swapped in by a journal, and taken back on request."""
