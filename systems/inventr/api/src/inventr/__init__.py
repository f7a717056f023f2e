"""inventr: inventory, orders and revenue of a shop, with stock that changes before your eyes."""

__version__ = "0.1.0"
