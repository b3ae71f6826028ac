"""Text messages through Kannel, a gateway of the school's own: a modem, or an account at an operator."""
