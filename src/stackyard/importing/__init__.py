"""Files of other tools, turned into stack files: a package for each tool."""
