"""The protein plan: tomorrow's target, and why."""
