"""What a running system shows: logs, status, metrics, probes. Reads only."""
