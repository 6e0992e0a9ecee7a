"""How well a repetition was done: from the landmarks of a body to scores, angles and risks."""
