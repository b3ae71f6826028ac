"""What families open: one message and its answer, and the end of messages to one address."""
