"""All sensor estimators on the same data: two public sets and one simulated, with paired intervals."""
