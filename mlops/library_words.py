"""Sentences that `mlops.ml` raises and people read, for translation: the library knows no languages.

Each with %(name)s where the library puts a value; `web.said.respoken` finds them by their fixed words. A sentence that
is missing here is shown in English. `tests/mlops/test_library_words.py` holds them against the library.
"""

from django.utils.translation import gettext_noop as _

PARTS = (
    _("%(title)s could not be fetched"),
    _("%(host)s cannot be reached from this server, or the connection broke off"),
    _("Check its connection, or name an offline copy in FITBALANCE_PARTS_FROM"),
    _("%(host)s answered HTTP %(code)s"),
    _("%(name)s broke off after %(at)s of %(size)s bytes"),
    _("%(name)s could not be written: %(reason)s"),
    _("%(name)s has another size than the catalogue states, and was refused"),
    _("%(name)s has another SHA-256 than the catalogue states, and was refused"),
    _("%(name)s from %(host)s has another SHA-256 than the catalogue states, and was refused"),
    _("%(name)s from %(host)s is longer than the catalogue states, and was refused"),
    _("The answer of %(host)s is too long"),
    _("There is no room for %(n)s MB on this disk"),
    _("No source is asked that has it"),
    _("In the offline copy: %(reason)s"),
    _("From its package: %(reason)s"),
    _("From the hub: %(reason)s"),
    _("%(file)s of the part %(part)s was altered. Run manage.py fetch_parts %(again)s --again"),
    _("We tried %(n)s times"),
)
HUB = (
    _("a repository is named owner/name: letters, digits, - _ and ., at most 96 characters"),
    _("a revision is a branch, a tag or a commit"),
    _("It contains more than %(n)s MiB"),
    _("There is no room for %(n)s MiB on this disk"),
    _("%(file)s arrived damaged or incomplete"),
    _("%(repository)s has no revision %(revision)s"),
    _("HF_HUB_OFFLINE is set, so the hub is not used"),
    _("The hub refused it (HTTP %(code)s)"),
    _("The hub's answer cannot be read"),
)
ARTIFACTS = (
    _("the manifest of %(name)s was altered"),
    _("%(name)s has no readable manifest"),
    _("%(name)s was altered or is incomplete: %(reason)s"),
    _("%(name)s: files of this type are not allowed"),
    _("%(name)s is a file type that is not allowed"),
    _("%(file)s was altered or is missing: it is not what %(manifest)s says"),
    _("there is no %(file)s in it"),
    _("%(name)s asks for code to be run (auto_map), and code from elsewhere is never run here"),
)
DATA = (
    _("there are no %(part)s windows"),
    _("there are no %(part)s examples"),
    _("the %(part)s windows have no labels"),
    _("the %(part)s windows contain fewer than %(n)s classes"),
    _("windows of %(shape)s where %(known)s were trained on"),
    _("a dataset needs at least one training subject"),
    _("the dataset has no windows in its %(part)s part"),
    _("the dataset has no training windows"),
    _("there is nothing to evaluate"),
)
FILES = (
    _("The ZIP file contains a link or a device; only plain files are read"),
    _("The ZIP file is encrypted. Unpack it and pack it again without a password"),
    _("The ZIP file would unpack to %(n)s MB; that is refused"),
    _("The ZIP file names the same file twice"),
    _("A file in the ZIP file is damaged"),
    _("There are no pictures in this file"),
    _("Video in %(codec)s is not supported. Use H.264"),
    _("Sound in %(codec)s is not supported. Use WAV"),
    _("This is longer than %(n)s h"),
    _("There is no sound in this file"),
    _("the site is busy reading other files; try again in a minute"),
    _("what is in it is more than a file may hold"),
    _("the file has no column %(name)s"),
    _("the file contains no rows"),
    _("no line of the file contains a frame of samples"),
    _("the sensors of this recording do not overlap in time"),
    _("no line of the file is a JSON object"),
    _("this is not a complete Parquet file"),
    _("the Parquet file is damaged"),
    _("the column %(name)s does not contain numbers"),
    _("every channel needs a source column"),
    _("the rate must be between 0.1 and 2,000 samples per second"),
    _("this file contains no time in seconds: enter the samples per second"),
    _("no column of the file is chosen for %(name)s"),
    _("this is not an RSF version 1 file"),
    _("the file ends too early; it was not copied completely"),
    _("the packed part of the file is damaged"),
    _("the file is empty"),
    _("the file contains zero bytes only"),
    _("this is not a text file"),
)
LAYOUTS = (
    _("side by side needs at least two units"),
    _("a layout title is 1 to %(n)s printable characters"),
    _("a layout has 1 to %(n)s channels"),
    _("the channel %(name)s appears twice"),
)
REMOTE = (
    _("a remote model needs an https address"),
    _("this is not a web address"),
    _("%(host)s is not on the list of hosts for remote models (REMOTE_MODEL_HOSTS)"),
    _("%(host)s leads to a private address"),
    _("it answered with HTTP %(code)s"),
    _("its answer is not a list of labels and scores"),
)
OPTIONS = (
    _("%(name)s must be between %(least)s and %(most)s, not %(given)s"),
    _("%(name)s must be one of %(known)s, not %(given)s"),
    _("%(name)s must be a whole number, not %(given)s"),
    _("%(name)s must be a number, not %(given)s"),
    _("%(name)s must be true or false, not %(given)s"),
)
MONITORING = (
    _("Inputs are not compared: this kind of task defines no statistics"),
    _("Inputs are not compared: the training data of this version only covers %(groups)s; %(n)s are needed"),
    _("Predictions are not compared: held-out data only covers %(groups)s; %(n)s are needed"),
    _("Predictions are not compared: they contain neither labels nor numbers"),
)
MODELS = (
    _("It was trained on simulated people only, and its metrics come from simulated people"),
    _("It has not been tested on real people"),
    _(
        # xgettext:no-python-format
        "Of real lifts with a FlexTail (five exercises, four people) its first guess was right in 20 % of the "
        "windows, and it withheld 94 % of its answers: train one on recordings of your own before you rely on it"
    ),
    _("%(n)s %(examples)s of %(people)s simulated athletes that the model never saw (generated, not recorded)"),
    _("%(n)s %(examples)s of %(people)s generated people that the model never saw (generated, not recorded)"),
    _("it serves live streams, pages and the API"),
    _("it serves pages and the API"),
    _("it names tasks in videos, on pages and through the API"),
    _("it serves the recovery page and the API"),
    _("windows"),
    _("frames"),
    _("person-days"),
)
"""What goes with a model, which is stored in English."""
LIBRARY = (*PARTS, *HUB, *ARTIFACTS, *DATA, *FILES, *LAYOUTS, *REMOTE, *OPTIONS)
SENTENCES = (*LIBRARY, *MODELS, *MONITORING)
