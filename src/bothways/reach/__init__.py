"""Who is reached, who is not, and why."""
