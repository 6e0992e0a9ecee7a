"""A pretended app: which tempo does a text ask for? Text → label (slow, steady, fast) and beats per minute.

texts      what a dozen invented people wrote, made by a formula, and texts that belong to nobody
estimator  a bag of words in numpy: softmax for the label, a ridge for the number
kind       the question, its data and its answers
apps       what an installation lists in INSTALLED_APPS
"""
