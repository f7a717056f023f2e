"""The native target: real parts as supervised processes on this machine, no Docker."""
