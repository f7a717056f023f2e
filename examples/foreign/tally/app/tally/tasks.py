"""What the worker does. Celery reads its broker from CELERY_BROKER_URL."""

import os
from collections import Counter

import django
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tally.settings")
app = Celery("tally", broker=os.environ.get("CELERY_BROKER_URL"), backend=os.environ.get("CELERY_RESULT_BACKEND"))


@app.on_after_configure.connect
def prepare(**_):
    """A worker has no request that would set Django up."""
    if not django.apps.apps.ready:
        django.setup()


@app.task
def count(text_id):
    """Count the words of a text, and keep them."""
    from tally.models import Text

    text = Text.objects.get(pk=text_id)
    text.words = dict(Counter(text.content.lower().split()))
    text.save()
    return len(text.words)
