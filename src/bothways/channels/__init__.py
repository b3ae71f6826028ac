"""Carriers: what takes words to a family and says what became of them."""
