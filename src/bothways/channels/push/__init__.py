"""Notices to browsers that agreed to them: web push."""
