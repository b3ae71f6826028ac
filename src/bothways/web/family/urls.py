"""Addresses that families open."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
