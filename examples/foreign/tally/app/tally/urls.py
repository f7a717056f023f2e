"""The addresses: give a text, ask for its words."""

from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tally.models import Text
from tally.tasks import count


@csrf_exempt
@require_POST
def give(request):
    """Keep the text of the body; the worker counts its words."""
    text = Text.objects.create(content=request.body.decode())
    count.delay(text.pk)
    return JsonResponse({"id": text.pk}, status=202)


def ask(_request, text_id):
    """The words of a text, null until they are counted."""
    return JsonResponse({"words": get_object_or_404(Text, pk=text_id).words})


def healthz(_request):
    """True when the database answers."""
    return JsonResponse({"ok": Text.objects.count() >= 0})


urlpatterns = [path("texts", give), path("texts/<int:text_id>", ask), path("healthz", healthz)]
