"""A PostgreSQL moved to a later major version: planned, copied into a new place, compared, swapped in.

The old data is kept for the way back. The way is dump and restore through two private servers, each of its own version:
it works with every source of programs, and reads and writes every row anew. pg_upgrade with links would be quicker, and
would give up the old data: once the new server has started, nobody can open the old files again.
"""
