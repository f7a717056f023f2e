"""The fault suite: what must hold when something breaks, tried many times on real parts and counted."""
