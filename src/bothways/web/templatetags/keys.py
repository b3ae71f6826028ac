"""What the script of passkeys reads from a page; in an attribute, since the policy allows no inline script."""

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.filter
def as_json(value: Any) -> str:
    """The value as JSON; the template escapes it."""
    return json.dumps(value, cls=DjangoJSONEncoder)
