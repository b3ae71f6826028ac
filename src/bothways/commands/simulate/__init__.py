"""``bothways simulate``: weeks of a district in minutes, held against what reached people."""
