"""Short questions to many families, and honest answers to what they said."""
