"""Students, guardians, the links between them, homes, and how each can be reached."""
