"""The one table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Make it."""

    initial = True
    operations = (
        migrations.CreateModel(
            "Text",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("content", models.TextField()),
                ("words", models.JSONField(null=True)),
            ],
        ),
    )
