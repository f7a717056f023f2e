"""A text, and how often each word is in it."""

from django.db import models


class Text(models.Model):
    """`words` is empty until the worker has counted them."""

    content = models.TextField()
    words = models.JSONField(null=True)

    class Meta:
        """Where it belongs."""

        app_label = "tally"
