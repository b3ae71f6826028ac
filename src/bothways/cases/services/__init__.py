"""What is done in a case: each a sentence, a transaction and an audit line."""
