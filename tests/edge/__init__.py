"""The edge, shown by a real nginx on the wire."""
