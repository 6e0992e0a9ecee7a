"""Speech to text: sound of any format, Whisper through CTranslate2, and the way back to a checkpoint that trains.

    audio.py               any file → 16 kHz mono, in a limited child
    transcript.py          what was heard
    recognition.py         SpeechRecognizer: voice activity, then Whisper
    ct2_file.py            reading a CTranslate2 file, with bounds on every length
    whisper_checkpoint.py  such a file → a folder for transformers
    whisper_tokens.py      the special tokens of that folder
"""
