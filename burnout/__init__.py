"""Check-ins, training load and burnout risk. Built after the house, the live loop and the engine stand."""
