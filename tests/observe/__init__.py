"""What a running system shows."""
