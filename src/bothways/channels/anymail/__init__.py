"""Mails through a provider's web interface; django-anymail knows how each of them speaks."""
