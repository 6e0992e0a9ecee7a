"""Foods, meals, photo recognition and the protein plan.

Rooms: `models`, then `foods` (tables, search, imports) ← `diary` (meals, targets) ← `photos` and `plan`.
"""
