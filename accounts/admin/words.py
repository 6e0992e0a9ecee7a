"""Names of tables and columns in the admin, in the reader's language.

Django makes them from the code ("n trials"), in English. Here they are replaced by words for people, once the models
are there; `verbose_name` on a model would do the same and need a migration for every word.
"""

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TABLES: dict[str, tuple[str | Promise, str | Promise]] = {
    "audit event": (_("audit event"), _("audit events")),
    "authenticator": (_("second factor"), _("second factors")),
    "dataset": (_("dataset"), _("datasets")),
    "invitation": (_("invitation"), _("invitations")),
    "job": (_("job"), _("jobs")),
    "label set": (_("label set"), _("label sets")),
    "membership": (_("membership"), _("memberships")),
    "model alias": (_("model alias"), _("model aliases")),
    "model version": (_("model version"), _("model versions")),
    "promotion event": (_("promotion event"), _("promotion events")),
    "run": (_("run"), _("runs")),
    "sensor layout": (_("sensor layout"), _("sensor layouts")),
    "study": (_("study"), _("studies")),
    "task": (_("task"), _("tasks")),
    "team": (_("team"), _("teams")),
    "user session": (_("user session"), _("user sessions")),
}
"""Name that Django made → one, many."""
COLUMNS: dict[str, str | Promise] = {
    "accepted at": _("accepted on"), "accepted by": _("accepted by"), "action": _("action"), "actor": _("who"),
    "alias": _("alias"), "artifact dir": _("folder of the artifact"), "artifact hash": _("hash of the artifact"),
    "at": _("when"), "attempt": _("attempt"), "base": _("based on"), "by": _("by"),
    "cancel requested at": _("cancellation requested"), "channels": _("channels"), "claim token": _("claim token"),
    "code version": _("code version"), "compare full": _("compared with a full training"),
    "config": _("settings"), "content hash": _("hash of the content"),
    "created at": _("created"), "created by": _("created by"), "curve": _("curve"), "data": _("data"),
    "dataset": _("dataset"), "dataset hash": _("hash of the dataset"), "deadline at": _("deadline"),
    "distance unit": _("unit of distance"), "energy unit": _("unit of energy"), "length unit": _("unit of length"),
    "mass unit": _("unit of mass"),
    "dedupe key": _("key against duplicates"), "delivered at": _("delivered"), "delivery": _("delivery"),
    "detail": _("details"), "email": _("email"), "ended at": _("ended"), "estimator": _("model class"),
    "expires at": _("expires"), "explanation": _("explanation"), "facts": _("facts"),
    "failure code": _("failure code"), "failure reason": _("reason for the failure"),
    "from number": _("from number"), "from version": _("from version"), "gates": _("gates"),
    "higher is better": _("higher is better"), "input": _("input"), "ip": _("IP address"),
    "is demo": _("demo data"), "is engine": _("job of the site"), "is rollback": _("rollback"),
    "is shared": _("shared"), "job": _("job"), "joined at": _("joined"), "key": _("key"), "kind": _("kind"),
    "label set": _("label set"), "labels": _("labels"), "language": _("language"), "last seen at": _("last seen"),
    "last used at": _("last used"), "latency ms": _("latency (ms)"), "lease until": _("lease until"),
    "libraries": _("libraries"), "log tail": _("end of the log"), "metric": _("metric"), "metrics": _("metrics"),
    "moved at": _("moved"), "n parallel": _("in parallel"), "n trials": _("trials"), "name": _("name"),
    "not before": _("not before"), "number": _("number"), "origin": _("origin"), "outcome": _("outcome"),
    "overrode gates": _("despite failed gates"), "owner": _("owner"), "parameters": _("parameters"),
    "parent": _("parent job"), "progress done": _("progress"), "progress note": _("note on the progress"),
    "progress total": _("total"), "prune": _("stop poor trials"), "queue": _("queue"), "rate hz": _("rate (Hz)"),
    "reason": _("reason"), "result": _("result"), "retired at": _("retired"), "retrain due at": _("retraining due"),
    "revoked at": _("revoked"), "role": _("role"), "run": _("run"), "score": _("score"),
    "secret hash": _("hash of the secret"), "seed": _("seed"), "share": _("share"), "size bytes": _("size (bytes)"),
    "space": _("search space"), "started at": _("started"), "status": _("state"), "study": _("study"),
    "subject": _("about"), "target": _("target"), "task": _("task"), "team": _("team"),
    "time zone": _("time zone"), "timeout s": _("time limit (s)"), "title": _("title"),
    "to number": _("to number"), "to version": _("to version"), "traffic share": _("share of athletes"),
    "train s": _("training time (s)"), "trial": _("trial"), "type": _("type"), "units": _("units"),
    "updated at": _("changed"), "user": _("user"), "user agent": _("browser"), "version": _("version"),
    "waits for": _("waits for"), "worker": _("worker"),
}  # fmt: skip
"""Name that Django made from the code → the column's name for people."""


def name_tables() -> None:
    """Replace the names that Django made; those that a model chose for itself stay."""
    for model in apps.get_models():
        options = model._meta
        if isinstance(options.verbose_name, str) and options.verbose_name in TABLES:
            options.verbose_name, options.verbose_name_plural = TABLES[options.verbose_name]
        for field in options.local_fields:
            if isinstance(field.verbose_name, str):
                field.verbose_name = COLUMNS.get(field.verbose_name, field.verbose_name)
