"""The native supervisor, its decisions and its processes."""
