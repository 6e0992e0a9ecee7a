"""What workers write is in the language of the person it is for; what goes with a model stays in English."""

import pytest
from django.core import mail
from django.utils import translation

from accounts.languages import language_of, speaking_to
from accounts.models import Role
from mlops.jobs.kinds import JobFailed, job_kind
from mlops.jobs.services.account import export_start
from mlops.jobs.services.execution import job_execute_here
from mlops.jobs.services.jobs import job_create
from mlops.monitoring.models import Alert
from mlops.monitoring.services.alerts import alert_open
from mlops.training.services.evaluation import measured_on

pytestmark = pytest.mark.django_db


@job_kind("test.speaks")
def speaks(context):
    context.step(1, 2, translation.gettext("Evaluating"))
    if context.parameters.get("fails"):
        raise JobFailed("gone", translation.gettext("The task no longer exists."))
    return {"text": translation.gettext("Evaluated on our data.")}


@pytest.fixture
def german(athlete_user):
    athlete_user.language = "de"
    athlete_user.save()
    return athlete_user


def run(owner, **parameters):
    job = job_create(kind="test.speaks", title="t", owner=owner, parameters=parameters)
    with translation.override("tw"):  # of whatever ran in this process before
        job_execute_here(pk=job.pk)
        assert translation.get_language() == "tw"
    job.refresh_from_db()
    return job


def test_a_job_speaks_the_language_of_its_owner(german, other_athlete_user):
    done = run(german)
    assert (done.progress_note, done.result["text"]) == ("Auswertung läuft", "Auf unseren Daten ausgewertet.")
    assert run(german, fails=True).failure_reason == "Die Aufgabe existiert nicht mehr."
    for nobody in (None, other_athlete_user):
        assert run(nobody).result["text"] == "Evaluated on our data."


def test_titles_are_made_in_the_language_of_whoever_asks(german):
    with speaking_to(german):
        assert export_start(user=german).title == "Mein Konto exportieren"
    assert (language_of(None), language_of(german)) == ("en", "de")


@pytest.mark.django_db(transaction=True)
def test_an_alert_is_mailed_to_each_in_their_own_language(task, make_user):
    for name, language in (("anna", "de"), ("bob", "")):
        user = make_user(name, role=Role.ML_STAFF)
        user.language, user.email = language, f"{name}@example.org"
        user.save()
    with translation.override("de"):
        alert_open(task=task, kind="drift", say=lambda: translation.gettext("The task no longer exists."))
    bodies = {message.to[0]: message.body for message in mail.outbox}
    assert "existiert nicht mehr" in bodies["anna@example.org"]
    assert "Siehe /ml/drift/" in bodies["anna@example.org"]
    assert bodies["bob@example.org"].startswith("The task no longer exists.")
    assert Alert.objects.get().text == "The task no longer exists.", "many people read the row"


def test_what_figures_were_measured_on_goes_with_the_model_in_english(build):
    dataset = build()
    with translation.override("de"):
        text = measured_on(dataset, dataset.task.example, part="test", subjects=["a", "b"], n=1240)["text"]
    assert text.startswith("1,240 ")
