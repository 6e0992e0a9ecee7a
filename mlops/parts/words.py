"""Sentences of the catalogue for translation: it is plain data, which the collector of sentences does not read."""

from django.utils.translation import gettext_noop

SENTENCES = frozenset(
    {
        gettext_noop("Features of photos, on which dishes and machines are learned from a few examples"),
        gettext_noop("33 landmarks of a body in a picture or video: the quickest, for phones and slow machines"),
        gettext_noop("33 landmarks of a body in a picture or video: the usual choice"),
        gettext_noop("33 landmarks of a body in a picture or video: the most exact, for recorded video"),
        gettext_noop("21 landmarks of each hand in a picture or video"),
        gettext_noop("Runs the landmarkers of bodies and hands in a page, so that no picture leaves the device"),
        gettext_noop("A sentence about a photo"),
        gettext_noop("Features of video clips: 16 frames of 224 × 224"),
        gettext_noop("A sentence about a photo, in half the memory of the large one"),
        gettext_noop(
            "Its owner publishes it as a pickle (about 990 MB), which is not fetched. Download the "
            "repository and put its files into own/blip-captions-base in the parts folder; the weights are "
            "converted when they are first used."
        ),
        gettext_noop("Several people in a frame, 17 landmarks each"),
        gettext_noop(
            "Its licence is AGPL-3.0, and its weights are a pickle (23 MB). In an environment of its "
            "own, run: yolo export model=yolov8s-pose.pt format=onnx. Then put the ONNX file into "
            "own/yolov8s-pose in the parts folder."
        ),
        gettext_noop("Landmarks of body, face, hands and feet of a person in a box"),
        gettext_noop(
            "Download RTMPose_Body2d.onnx (about 70 MB) from "
            "https://huggingface.co/qualcomm/RTMPose_Body2d and put it into own/rtmpose-body in the parts "
            "folder."
        ),
        gettext_noop("17 landmarks of a video in three dimensions"),
        gettext_noop(
            "Its weights are a pickle (61 MB). Download the lite checkpoint that "
            "https://github.com/Walter0807/MotionBERT links and put it into own/motionbert-lite in the "
            "parts folder; it is converted when it is first used."
        ),
        gettext_noop("Text in pictures: labels of food, displays of machines"),
        gettext_noop("English speech to text"),
        gettext_noop("Speech to text in 99 languages; Twi is none of them"),
        gettext_noop("Sentences as vectors: search by meaning, English"),
        gettext_noop("Speech to text in 99 languages, to fine-tune: the size that a Twi model begins from"),
        gettext_noop("English speech to text by letters, to fine-tune"),
        gettext_noop(
            "Twi speech to text; a fine-tuned Whisper of which nothing was checked here: size and "
            "quality are not known"
        ),
        gettext_noop("Spoken answers, quick enough for live use"),
        gettext_noop("Letters to sounds for the voices: lexicons, parts of speech, a network for unknown words"),
        gettext_noop("Names and words of Ghana for the voices"),
        gettext_noop("Spoken answers of good quality, made ahead of time"),
        gettext_noop("Nutrients of 390,000 foods per 100 g"),
        gettext_noop("140 recordings of ten people to train and compare models on"),
        gettext_noop("Outlines of muscles, front and back, two bodies"),
        gettext_noop("Objects in pictures: 80 everyday things with their boxes"),
        gettext_noop(
            "A sentence about a photo, and answers to questions about it; needs a large GPU or much "
            "memory"
        ),
        gettext_noop("Features of video clips, through an adapter that needs torchvision"),
        gettext_noop(
            "It runs only beside torchvision, which breaks other libraries here. Use it in an "
            "environment of its own, with the weights as safetensors in own/video-swin in the parts "
            "folder; VideoMAE does the same here."
        ),
        gettext_noop("Speech to text in 99 languages, the most exact; needs a GPU"),
        gettext_noop("A voice cloned from a sample of a person who agrees"),
        gettext_noop(
            "Its licence forbids commercial use, and its weights are a pickle (1.9 GB). Run coqui-tts in "
            "an environment of its own."
        ),
        gettext_noop("Coaching answers without the cloud; needs a GPU or 16 GB of memory"),
        gettext_noop("Coaching answers without the cloud; needs a GPU or 20 GB of memory"),
        gettext_noop("Sentences of research papers as vectors"),
        gettext_noop(
            "Its owner publishes it as a pickle (440 MB), which is not fetched. Download the repository "
            "yourself, convert pytorch_model.bin with mlops.ml.convert and name the folder."
        ),
    }
)
