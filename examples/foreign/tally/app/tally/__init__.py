"""Counts the words of texts, in the background."""

from tally.tasks import app as celery_app

__all__ = ["celery_app"]
