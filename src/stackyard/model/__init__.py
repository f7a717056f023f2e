"""The checked system: frozen dataclasses and the standard library only. Import the names from their modules."""
