"""Staff: who they are, which roles they have and where."""
