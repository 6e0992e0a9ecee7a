"""Speech to text, intents and speech out. Built after the house, the live loop and the engine stand."""
