"""Stack files nobody meant to write: how they are made and tried, and what an independent judge says of them."""
