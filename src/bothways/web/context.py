"""What every page's frame needs."""

from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, object]:
    """The address without a query, for links that stay here."""
    return {"path": request.path}
