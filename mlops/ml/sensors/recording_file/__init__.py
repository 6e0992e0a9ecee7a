"""Recordings on disk: immutable Parquet with a time column `t` (seconds from the start) and one column per channel.

`write_recording` streams chunks into a file, `merge_side_by_side` joins devices worn at once, `read_range` and
`envelope` load only the row groups they need.
"""

from mlops.ml.sensors.recording_file.merge import merge_side_by_side
from mlops.ml.sensors.recording_file.reader import RecordingInfo, envelope, iter_range, read_info, read_range
from mlops.ml.sensors.recording_file.writer import RecordingFacts, write_recording

__all__ = [
    "RecordingFacts",
    "RecordingInfo",
    "envelope",
    "iter_range",
    "merge_side_by_side",
    "read_info",
    "read_range",
    "write_recording",
]
