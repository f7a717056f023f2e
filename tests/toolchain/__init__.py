"""Tests of where binaries come from, who runs them, and what is missing on a machine."""
