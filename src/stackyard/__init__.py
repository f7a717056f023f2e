"""Stackyard: one file describes a web system; Stackyard runs it, operates it, and proves that it keeps its promises."""

__version__ = "0.1.0"
