"""(desired, observed) → Plan. Pure: no clock, no randomness, no reading. Import the names from their modules."""
