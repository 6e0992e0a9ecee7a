"""Times and risks: rows of a table with a time to an event, models of it, and how they are judged."""
