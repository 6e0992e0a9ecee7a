"""aeon's MiniRocket with a ridge classifier, as its authors use it; run by the Python of an environment that has aeon.

    PYTHON minirocket.py IN.npz OUT.npz

aeon does not install beside our NumPy, so this file imports nothing of ours. IN: `train` and `test` (n, time,
channels), `y` (numbers of labels). OUT: `answers` and `seconds` of training. Plain arrays, both ways.
"""

import sys
import time

import numpy as np
from aeon.transformations.collection.convolution_based import MiniRocket
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def main(asked: str, answered: str) -> None:
    """10,000 features, scaled without centring, and the ridge strength by leaving one window out."""
    with np.load(asked, allow_pickle=False) as found:
        train, test, y = (found[name] for name in ("train", "test", "y"))
    started = time.perf_counter()
    kernels = MiniRocket(random_state=0)
    head = make_pipeline(StandardScaler(with_mean=False), RidgeClassifierCV(np.logspace(-3, 3, 10)))
    head.fit(kernels.fit_transform(train.swapaxes(1, 2)), y)
    seconds = time.perf_counter() - started
    np.savez(answered, answers=head.predict(kernels.transform(test.swapaxes(1, 2))), seconds=seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
