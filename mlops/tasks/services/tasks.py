"""Making and changing tasks and label sets."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from mlops.tasks.models import LabelSet, Task
from mlops.tasks.selectors import kind_for
from mlops.tasks.services.gates import gates_check

MAX_LABELS = 64
_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def task_create(
    *,
    name: str,
    title: str,
    kind: str,
    owner: Any,
    label_set: LabelSet | None = None,
    input: dict[str, Any] | None = None,
    gates: dict[str, Any] | None = None,
    is_demo: bool = False,
) -> Task:
    """A new question to a model. `input` is checked by the kind. Raises ValidationError, Problem 409.

    gates  as `gates_check` takes them; those that the kind suggests where nothing is given, none where {} is
    """
    task = Task(
        name=name,
        title=title.strip(),
        kind=kind,
        owner=owner,
        label_set=label_set,
        is_demo=is_demo,
    )
    if name == "new":
        raise ValidationError({"name": ValidationError(_("This name is reserved."), code="invalid")})
    found = kind_for(task)
    if label_set is None and found.needs_labels:
        raise ValidationError({"label_set": ValidationError(_("Choose a label set."), code="required")})
    task.gates = gates_check(found.gates if gates is None else gates, found.metrics)
    task.input = found.check_input(input or {})
    task.full_clean(exclude=["gates", "input"])  # checked above; empty ones are fine
    task.save(force_insert=True)
    return task


def label_set_create(
    *, name: str, labels: list[Any], owner: Any, is_shared: bool = False, is_demo: bool = False
) -> LabelSet:
    """A new set of labels. Raises ValidationError."""
    row = LabelSet(name=name.strip(), labels=labels_check(labels), owner=owner, is_shared=is_shared, is_demo=is_demo)
    row.full_clean()
    row.save(force_insert=True)
    return row


def label_set_update(*, label_set: LabelSet, name: str | None = None, labels: list[Any] | None = None) -> LabelSet:
    """Rename, retitle, reorder or add labels; a label that a task or dataset uses cannot be removed.

    Raises ValidationError; code `in_use` names the labels.
    """
    with transaction.atomic():
        row = LabelSet.objects.select_for_update().get(pk=label_set.pk)
        if name is not None:
            row.name = name.strip()
        if labels is not None:
            checked = labels_check(labels)
            kept = {label["name"] for label in checked}
            if used := sorted(labels_in_use(row) - kept):
                message = _("These labels are in use and can't be removed: %(used)s.") % {"used": ", ".join(used)}
                raise ValidationError({"labels": ValidationError(message, code="in_use")})
            row.labels = checked
        row.full_clean()
        row.save()
    return row


def labels_in_use(label_set: LabelSet) -> set[str]:
    """Labels of a set that a task answers with and that some dataset holds windows of."""
    used: set[str] = set()
    datasets = Task.objects.filter(label_set=label_set, datasets__isnull=False)
    for facts in datasets.values_list("datasets__facts", flat=True):
        used |= set(facts.get("per_label", {}))
    return used & set(label_set.names)


def labels_check(labels: Any) -> list[dict[str, str]]:
    """[{"name", "title", "key"}]: unique names, at most one character as key, unique. Raises ValidationError."""
    if not isinstance(labels, list) or not 1 <= len(labels) <= MAX_LABELS:
        raise _bad(_("A label set has 1 to %(max_labels)s labels.") % {"max_labels": MAX_LABELS})
    checked: list[dict[str, str]] = []
    for position, label in enumerate(labels, start=1):
        if not isinstance(label, dict) or set(label) - {"name", "title", "key"}:
            raise _bad(_("Label %(position)s needs a name. A title and a key are optional.") % {"position": position})
        name = str(label.get("name", "")).strip()
        title = str(label.get("title") or name.replace("_", " ").capitalize()).strip()
        key = str(label.get("key") or "").strip().lower()
        if not _LABEL.fullmatch(name):
            raise _bad(_(
                "Label %(position)s: the name can contain lower-case letters, digits, _ and -, and starts with a "
                "letter."
            ) % {"position": position})
        if not 1 <= len(title) <= 80 or not title.isprintable():
            raise _bad(_("Label %(position)s: the title has 1 to 80 characters.") % {"position": position})
        if len(key) > 1 or (key and not key.isalnum()):
            raise _bad(_("Label %(position)s: the key is one letter or digit.") % {"position": position})
        checked.append({"name": name, "title": title, "key": key})
    for field in ("name", "key"):
        values = [label[field] for label in checked if label[field]]
        if twice := sorted({value for value in values if values.count(value) > 1}):
            raise _bad(_("The %(field)s %(twice)s appears twice.") % {"field": field, "twice": twice[0]})
    return checked


def _bad(message: str) -> ValidationError:
    return ValidationError({"labels": ValidationError(message, code="invalid")})
