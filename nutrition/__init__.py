"""Foods, meals, photo recognition and the protein plan. Built after the house, the live loop and the engine stand."""
