"""What can be done with messages: each a sentence, a transaction, an audit line."""
