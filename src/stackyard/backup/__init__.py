"""Backups: made, read back, restored and drilled, on any target.

A target describes what there is as a `Job`; everything here works from that alone, so the same code runs beside native
processes and inside a container. It drives restic (the repository: encrypted, compressed, deduplicated), PostgreSQL's
own programs (base backups, WAL, dumps), redis-cli and age, and imports nothing of Stackyard but its errors.
"""
