"""What outreach does: contacts by people, their tasks, and the climb."""
