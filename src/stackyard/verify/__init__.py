"""The promises as checks: what a running system keeps of its file, shown by evidence from outside and from the host."""
