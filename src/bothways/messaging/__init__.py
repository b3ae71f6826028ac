"""Messages, deliveries, conversations."""
