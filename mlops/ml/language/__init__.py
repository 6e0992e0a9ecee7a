"""Texts: what they mean, as numbers, and finding those that fit a question.

    sentences.py  SentenceEmbedder: all-MiniLM-L6-v2 through ONNX Runtime; search by meaning
    making.py     its graph, made from the published weights
    lexical.py    search by words, for when the part is missing
    found.py      what a search answers
"""
