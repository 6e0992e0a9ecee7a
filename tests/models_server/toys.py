"""Models for the tests of the models server: obedient, slow, greedy, hanging, broken ones, and one of torch."""

import ctypes
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np

from mlops.ml.contract import BadValue
from mlops.ml.hosting.memory import MIB
from mlops.ml.hosting.registry import register_loader

FOLDER = "TOYS_FOLDER"
"""Environment variable: the folder in which toys look for their files."""


class Toy:
    """Base: small, and answers sixteen at once."""

    n_bytes = MIB
    max_batch = 16

    def __init__(self, name, where):
        self.argument = name.partition(".")[2]


class Double(Toy):
    def answer(self, inputs):
        return inputs * 2


class Counting(Toy):
    """Waits until the file that its name says is there, then tells each caller how many were answered together."""

    def answer(self, inputs):
        while not Path(os.environ[FOLDER], self.argument).exists():
            time.sleep(0.005)
        return [len(inputs)] * len(inputs)


class Picky(Toy):
    def answer(self, inputs):
        if (inputs < 0).any():
            raise BadValue("negative numbers")
        return inputs


class Buggy(Toy):
    def answer(self, inputs):
        raise ZeroDivisionError("a bug")


class Wrong(Toy):
    def answer(self, inputs):
        return inputs[:-1] if self.argument == "fewer" else {1, 2}


class Hang(Toy):
    def answer(self, inputs):
        if self.argument == "holding":
            ctypes.PyDLL(None).sleep(3600)  # the interpreter lock is kept
        threading.Event().wait()


class Big(Toy):
    """big.<MB>.<name>: says that it takes so much."""

    def __init__(self, name, where):
        super().__init__(name, where)
        self.n_bytes = int(self.argument.split(".")[0]) * MIB

    def answer(self, inputs):
        return inputs


class Modules(Toy):
    def answer(self, inputs):
        return [name in sys.modules for name in inputs]


class Told(Toy):
    """Texts, bytes and dictionaries in, several heads out."""

    def answer(self, inputs):
        return {"n": np.array([len(one["raw"]) for one in inputs]), "text": [one["text"].upper() for one in inputs]}


class Network(Toy):
    """A torch.nn.Module whose weights come from safetensors."""

    def __init__(self, name, where):
        import torch
        from safetensors.torch import load_file

        super().__init__(name, where)
        self.torch, self.dtype = torch, where.torch_dtype()
        self.module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
        self.module.load_state_dict(load_file(Path(os.environ[FOLDER], self.argument)))
        self.module.to(where.resolved().device, self.dtype).eval()

    def answer(self, inputs):
        with self.torch.inference_mode():
            x = self.torch.from_numpy(inputs).to(next(self.module.parameters()).device, self.dtype)
            return self.module(x).float().cpu().numpy()


TOYS = {
    kind.__name__.lower(): kind for kind in (Double, Counting, Picky, Buggy, Wrong, Hang, Big, Modules, Told, Network)
}
loads: list[str] = []


def load(name, where):
    """ "double", "big.20.a": the class, and after the dot what it makes of it."""
    loads.append(name)
    kind = name.partition(".")[0]
    if kind == "broken":
        raise OSError("the weights are not there")
    return TOYS[kind](name, where)


def register():
    register_loader("toy", load)
