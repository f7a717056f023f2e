"""What a FastAPI service needs around its own work. Import the modules; this package itself imports nothing."""
