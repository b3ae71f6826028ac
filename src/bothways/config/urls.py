"""All addresses of the product."""

urlpatterns: list[object] = []
