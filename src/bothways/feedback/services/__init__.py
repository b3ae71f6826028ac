"""What staff do with what families said: one sentence a service."""
