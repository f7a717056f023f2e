"""What the targets that run on one machine share: folders, the lock, ports, secrets, certificates, digests."""
