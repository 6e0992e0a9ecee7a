"""Nutrition: foods, meals, targets; pure code without Django."""
