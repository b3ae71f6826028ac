"""What breaks during a send: a whole installation from outside, one fault after the other, and a judge."""
