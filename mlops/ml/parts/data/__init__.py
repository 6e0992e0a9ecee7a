"""Data of others, as parts: made into plain files once, and read from there.

    foods.py      foods and nutrients of the USDA
    watch.py      shoulder exercises with a watch
    muscles.py    outlines of muscles for a drawing
    plain_pickle.py  reads a pickle of plain arrays without unpickling it
"""
