"""Text messages through Twilio's REST API."""
