"""Every contact in either direction, with what it proves, and never more."""
