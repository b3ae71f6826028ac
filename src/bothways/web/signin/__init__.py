"""How staff come in."""
