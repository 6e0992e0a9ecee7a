"""Daily check-ins of people who train: their form, what is computed from them, and a generator of such days."""
