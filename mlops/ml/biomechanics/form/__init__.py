"""Form of repetitions and holds, from 33 landmarks a frame.

    report = analyse(landmarks, times, aspect)          # (frames, 33, 4), seconds, width / height
    report.n_repetitions, report.score, report.to_dict()

One table (`exercises.json`) says how each exercise is counted and evaluated. The same rules run in the browser
(`static/sessions/form/`). Counting and scores come from `stream`, frame by frame, so that a clip and a camera that is
running get the same; angles and ranges of a report come from the refined clip (`refine`). See docs/form.md.
"""

from mlops.ml.biomechanics.form.analyse import analyse
from mlops.ml.biomechanics.form.report import FormReport, Repetition
from mlops.ml.biomechanics.form.stream import FormStream
from mlops.ml.biomechanics.form.table import Exercise, exercise_for, exercises

__all__ = ["Exercise", "FormReport", "FormStream", "Repetition", "analyse", "exercise_for", "exercises"]
