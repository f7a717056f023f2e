"""Programs that run inside the environments of the judges; nothing of ours can be imported there."""
