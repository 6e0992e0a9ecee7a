"""Features of videos: bodies, hands and objects of every frame, and what moves how, as one Parquet file.

    extract.py      the whole way: plan, segments in limited children, one table at the end
    options.py      what can be chosen, and the version of the method
    container.py    what a file is by its first bytes
    facts.py        frames, times, rotation of a video, from its packets
    stamps.py       times that rise strictly
    frames.py       upright pixels of a stretch of frames, decoded beside the inference
    networks.py     which networks are used, with their hashes
    segment.py      what the child does with one segment
    memory.py       what the C library keeps is given back
    hands_near.py   hands of a body, found in crops around its wrists
    objects.py      things in a frame: YOLO as ONNX, or a folder of a detector of transformers
    rows.py         what travels from the child, and lies on the disk between start and end
    people.py       bodies linked over time; the subject of the clip
    gaps.py         short gaps filled, long ones left open
    kinematics.py   angles, positions, speeds, distances
    table.py        the columns of the Parquet file
    labels.py       labels by source frame

Nothing of a stranger's file is touched outside a limited child (`mlops.ml.limited`).
"""
