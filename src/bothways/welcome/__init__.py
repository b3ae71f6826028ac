"""The welcome conversation: what each family told, in its own words, and who was asked."""
