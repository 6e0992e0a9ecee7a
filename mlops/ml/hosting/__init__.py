"""Large models behind local HTTP: the host that loads and batches them, the wire, and the client that asks.

One process holds the models, with a thread and a queue each and a budget of bytes; others ask it by key.
"""
