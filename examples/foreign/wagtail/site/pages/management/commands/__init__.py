"""Commands of the site, a file each."""
