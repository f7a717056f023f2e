"""Where a system can run: one folder a target. Targets never import one another."""
