"""What is done with files that people bring, each by one function that runs in a limited child (`mlops.ml.limited`).

looking.py   previews of files and of members of ZIP files
reading.py   whole recordings: unpacked, read by their plans, joined, written
"""
