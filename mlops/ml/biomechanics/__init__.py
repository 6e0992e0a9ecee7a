"""Movement of the human body: what landmarks of a person say about how an exercise was done."""
