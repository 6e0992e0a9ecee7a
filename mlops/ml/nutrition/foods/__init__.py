"""Foods: amounts, doubts about figures, words to search by, tables of others."""
