"""The site: settings, addresses."""
