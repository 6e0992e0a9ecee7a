"""Import of sensor files: what an upload holds, which recordings come of it, and the job that stores them."""
