"""The page for typing the code that stands on a letter."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from bothways.web.family import codes, frame


@frame.family_page
def ask(request: HttpRequest) -> HttpResponse:
    """One field; what is typed there leads to the same address as the link."""
    tag = frame.language_of(request)
    if request.method != "POST":
        return frame.show("code", tag, {})
    typed = request.POST.get("code", "")
    code = codes.read(typed)
    if code is None:
        return frame.show("code", tag, {"typed": typed[:100], "wrong": True}, status=422)
    query = f"?{urlencode({'lang': tag})}" if request.GET.get("lang") else ""
    response = HttpResponseRedirect(reverse("family-message", args=[code]) + query)
    response.status_code = 303
    return response
