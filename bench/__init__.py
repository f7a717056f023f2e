"""How fast Stackyard is, as ratios against a peer or bounds, measured in one run: `make bench`."""
