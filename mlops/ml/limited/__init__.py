"""Foreign files are read in a child process that can do little harm: `in_child(function, limits)(…)`.

>>> in_child(apple_days, Limits(memory_mib=512))(path, on_bytes=tell)     # doctest: +SKIP

The function is one of our own, at the top of a module that imports without Django; it is called there by its name, with
the same arguments, and answers or raises as if it had been called here. Arguments and answers travel as JSON and are
rebuilt by the function's annotations (`wire.py`); nothing is unpickled. A callback among the arguments is called here.

    parent.py   starts the child, follows it, ends its whole group, says what it died of
    each.py     many files in few children
    child.py    shuts itself in, then imports the function and calls it
    wire.py     values as JSON and back, by type
"""

from mlops.ml.limited.each import Numbered, each_in_child
from mlops.ml.limited.parent import LimitExceeded, Limits, ParserFailed, in_child

__all__ = ["LimitExceeded", "Limits", "Numbered", "ParserFailed", "each_in_child", "in_child"]
