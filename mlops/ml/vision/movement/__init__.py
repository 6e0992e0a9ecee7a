"""Stretches of a clip as vectors, and a head that learns exercise, phase or technique on them.

    landmark_file.py    the 33 points of every frame of a feature file
    stretches.py        which stretches of a clip are examples
    pose_statistics.py  the plain baseline: statistics of points and angles, no weights of others
    embedding.py        a stretch → a vector, by the baseline or MotionBERT-Lite
    embedding_making.py labelled feature files → their vectors
    picture_clips.py    the same from pictures of videos (VideoMAE)
    embedding_file.py   vectors of many clips as one Parquet file
    embedding_head.py   the estimator: linear, or one hidden layer
    head_training.py    such a file → a model and its figures on clips it has not seen
"""
