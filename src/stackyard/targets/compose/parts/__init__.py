"""What each part becomes in a Compose document, a file a kind."""
