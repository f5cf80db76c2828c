"""SES v2: what is accepted, what becomes of it, and how that is told."""
