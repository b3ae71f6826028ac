"""Goals that are shared, and problems that family and school solve together."""
