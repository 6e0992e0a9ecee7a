"""Model versions as files to take away."""

import tempfile
import zipfile

from django.http import FileResponse
from django.utils.translation import gettext as _

from mlops.ml.artifact import MANIFEST, read_manifest
from mlops.ml.contract import BadArtifact
from mlops.registry.models import ModelVersion
from mlops.registry.services.artifacts import artifact_path
from web.refusals import Problem

SPOOLED_BYTES = 8 * 1024 * 1024


def version_zip(row: ModelVersion) -> FileResponse:
    """A ZIP of the verified files, spooled to disk beyond 8 MiB. Raises Problem 422 `bad_artifact`."""
    path = artifact_path(row)
    try:
        manifest = read_manifest(path)
    except BadArtifact as error:
        raise Problem(422, "bad_artifact", _(
            "The files of this version failed a check: %(error)s."
        ) % {"error": error}) from error
    name = f"{row.task.name}-v{row.number}"
    spool = tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES)
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        for relative in [MANIFEST, *manifest["files"]]:
            archive.write(path / relative, f"{name}/{relative}")
    spool.seek(0)
    response = FileResponse(spool, as_attachment=True, filename=f"{name}.zip", content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    return response
