"""From points in a picture to points in space, and motion as vectors (MotionBERT-Lite).

    motionbert.py   the network, from its architecture; published weights load by their names
    checkpoint.py   weights from a folder: safetensors, or a published checkpoint that is converted
    windows.py      points → its input: order of H36M, −1 … 1, windows of 243 frames that overlap
    lifter.py       the component: lift and embed
"""
