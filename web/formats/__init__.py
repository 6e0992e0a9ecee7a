"""How dates and numbers are written, where a template names no format of its own."""
