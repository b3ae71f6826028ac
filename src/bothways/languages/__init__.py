"""Languages: names and codes, what a family's words mean, the phrases we send ourselves."""
