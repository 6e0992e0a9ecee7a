"""Foods, meals and photos of food.

Rooms: `models`, then `foods` (tables, search, imports) ← `diary` (meals, targets) ← `photos`.
"""
