"""Scripts and styles, packed once when the site is prepared: a phone loads a third of the bytes.

`make up` copies them into STATIC_ROOT with a `.gz` beside each; WhiteNoise then sends the short form to whoever takes
it. A copy of other sources than those that are here is never served: the sources themselves are, unpacked.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

STAMP = ".packed"


def sources_stamp(base: Path) -> str:
    """What the copy was made of: names, sizes and times of our own files, and the pinned libraries."""
    found = hashlib.sha256((base / "constraints.txt").read_bytes())
    for folder, folders, names in os.walk(base / "static"):
        folders.sort()
        for name in sorted(names):
            facts = os.stat(os.path.join(folder, name))
            found.update(f"{folder}/{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return found.hexdigest()


def is_packed(root: Path, base: Path) -> bool:
    """Whether STATIC_ROOT holds the packed copy of what is in `base` now."""
    try:
        return (root / STAMP).read_text() == sources_stamp(base)
    except OSError:
        return False


def pack() -> bool:
    """Copy and pack what has changed; False when nothing had. Called with Django set up, before the site starts."""
    from django.conf import settings
    from django.core.management import call_command

    root, base = Path(settings.STATIC_ROOT), Path(settings.BASE_DIR)
    if is_packed(root, base):
        return False
    (root / STAMP).unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False, clear=root.exists())
    (root / STAMP).write_text(sources_stamp(base))
    return True
