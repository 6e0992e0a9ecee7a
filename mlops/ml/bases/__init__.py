"""The bases of the data types: what valid examples are, and what a model of them answers."""
