"""`python -m tests.models_server.process serve_models --port N`: manage.py with the toys registered."""

import sys

import django
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    django.setup()
    from tests.models_server import toys

    toys.register()
    execute_from_command_line(["manage.py", *sys.argv[1:]])
