"""Pictures and videos: features of photos, poses and hands, text in a picture, and what is done in a video.

    photos.py           photos from anywhere, read in a limited child: upright, red, green, blue
    image_features.py   1,280 numbers a photo (EfficientNet-Lite0), or a colour histogram where the weights are missing
    pose.py, hands.py   landmarks of a body and of hands (MediaPipe)
    pose2d/             YOLO-pose, RTMPose and MediaPipe in one shape, one falling back on the other
    clips/              features of short clips (VideoMAE)
    captions.py         sentences about pictures (BLIP)
    movement/           stretches of a clip as vectors, and heads on them
    text_reader.py      lines of text with their boxes (PP-OCR)
    video/              a video → a feature file (Parquet): bodies, hands, objects, angles, speeds
    video_look.py       facts and one picture of a video
    coco_keypoints.py   points of bodies as COCO keypoints, out and in
    task_columns.py     columns of a feature file, and the features that models of tasks see
    task_features.py    feature files → features of each frame, read in a limited child
    task_windows.py     uneven frames → windows by time, with what is missing
    task_splits.py      whole videos or people to parts; blocks of time where there are too few
    task_datasets.py    feature files → X_train.npy … metadata.json
    task_training.py    such a dataset → a model, its metrics and pictures
    task_ablation.py    each detector alone against all, on one split
    task_store.py       what a data-set builder keeps on disk while it works
    task_shards.py      the frames of one video as a shard of the engine's data sets
    task_plots.py       pictures of what a model relies on and confuses
    task_validation.py  blocks of one clip held out in turn, with an interval
    task_generator.py   feature files of made-up people, for tests and demonstrations
"""
