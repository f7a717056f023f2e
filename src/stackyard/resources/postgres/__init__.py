"""PostgreSQL, whatever runs it: its settings, its files, its catalogue, and what would have to change. Pure."""
