"""Photos of plates and of nutrition labels."""
