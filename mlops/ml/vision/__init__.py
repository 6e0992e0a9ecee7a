"""Pictures: features of photos, poses and hands, text that stands in a picture.

    photos.py           photos from anywhere, read in a limited child: upright, red, green, blue
    image_features.py   1,280 numbers a photo (EfficientNet-Lite0), or a colour histogram where the weights are missing
    pose.py, hands.py   landmarks of a body and of hands (MediaPipe)
    text_reader.py      lines of text with their boxes (PP-OCR)
"""
