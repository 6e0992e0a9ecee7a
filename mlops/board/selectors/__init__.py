"""What the pages about several rooms read."""
