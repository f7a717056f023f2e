"""Make the editor's account, or give it the password of the environment."""

import os

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """`manage.py ensure_editor`."""

    def handle(self, **_):
        """The account EDITOR_NAME with the password EDITOR_PASSWORD."""
        user, _ = get_user_model().objects.get_or_create(username=os.environ["EDITOR_NAME"])
        user.is_staff = user.is_superuser = True
        user.set_password(os.environ["EDITOR_PASSWORD"])
        user.save()
