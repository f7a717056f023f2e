"""What each resource is, shown on literals and on real servers."""
