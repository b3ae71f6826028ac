"""The coach: what in a message may hurt or close a door, and better words. Pure; no models."""
