"""`python -m tests.mlops.process worker --queue default`: manage.py with the test kinds registered."""

import sys

import django
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    django.setup()
    import tests.mlops.kinds_for_tests  # noqa: F401
    from mlops.kinds import base as task_kinds
    from mlops.ml import registry
    from tests.mlops.tiny import TINY_ESTIMATORS, TinyKind

    task_kinds.register(TinyKind())
    for name, path in TINY_ESTIMATORS.items():
        registry.register("tiny", name, path)
    execute_from_command_line(["manage.py", *sys.argv[1:]])
