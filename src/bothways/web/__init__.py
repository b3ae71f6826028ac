"""All pages and hooks, by audience."""
