"""What pictures of a clip say as numbers: features of short clips, for models that look at more than landmarks.

    frames.py     which frames of a clip are taken, and clips out of files
    features.py   VideoMAE and its kin, through transformers
    swin.py       Video Swin, where torchvision is (an environment of its own)
"""
