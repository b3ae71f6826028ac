"""The next step for a family that is not reached, and what people did about it."""
