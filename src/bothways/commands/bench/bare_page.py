"""The server with one page more: empty but for one INSERT. The baseline of what a web server can do here."""

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from bothways.config.wsgi import application

TABLE = "CREATE TABLE bench_bare (id bigserial PRIMARY KEY, body text NOT NULL)"


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """Keep what came, and say that it is kept."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_bare (body) VALUES (%s)", [request.body.decode()])
    return HttpResponse()


urlpatterns = [path("bare", bare), path("", include("bothways.config.urls"))]
settings.ROOT_URLCONF = __name__

__all__ = ["application"]
