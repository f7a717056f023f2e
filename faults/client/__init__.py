"""A hostile client: what it sends to the edge, what it may get for it, and how everybody else fares meanwhile."""
