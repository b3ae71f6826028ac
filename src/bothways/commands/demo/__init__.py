"""The main job in a few minutes: a district, one message, simulated days, and what came of it."""
