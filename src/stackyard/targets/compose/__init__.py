"""The Compose target: the same stack file on one Docker Engine."""
