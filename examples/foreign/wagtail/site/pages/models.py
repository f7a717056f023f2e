"""A page with a text."""

from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page


class Story(Page):
    """A story of the site."""

    text = models.TextField(blank=True)
    content_panels = (*Page.content_panels, FieldPanel("text"))
