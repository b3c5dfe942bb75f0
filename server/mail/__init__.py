"""Letters: what they say, and the ways out: SMTP, or an outbox folder where none is set."""
