"""Email through a school's own mail server or relay."""
