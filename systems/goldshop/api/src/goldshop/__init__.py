"""goldshop: a jeweller's shop with its stock, its purchases and sales, and its books."""

__version__ = "0.1.0"
