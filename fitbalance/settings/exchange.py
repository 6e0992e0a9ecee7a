"""Model hubs, models that answer elsewhere, training in several processes, and where artifacts are stored."""

from fitbalance.settings.env import env

HUB_ENDPOINT = env.str("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
"""The model hub that versions are pushed to and pulled from."""
HF_TOKEN = env.str("HF_TOKEN", "")
HUB_TIMEOUT_S = env.float("HUB_TIMEOUT_S", 8.0)

REMOTE_MODEL_HOSTS = env.list(
    "REMOTE_MODEL_HOSTS",
    default=["*.endpoints.huggingface.cloud", "router.huggingface.co", "api-inference.huggingface.co"],
)
"""Hosts that a version may answer from; HF_API_TOKEN in the environment is sent to them."""
REMOTE_MODEL_ALLOW_PRIVATE = env.bool("REMOTE_MODEL_ALLOW_PRIVATE", False)
"""Also plain http and private addresses: for tests and for an endpoint in one's own network."""
REMOTE_MODEL_TIMEOUT_S = env.float("REMOTE_MODEL_TIMEOUT_S", 2.0)

TRAIN_PROCESSES = env.int("TRAIN_PROCESSES", 1)
"""Processes that one torch training uses on the worker's machine, with averaged gradients."""

S3_BUCKET = env.str("S3_BUCKET", "")
"""Models are kept in this bucket of S3 or anything that speaks its API; empty: on this machine's disk only."""
ARTIFACTS_REMOTE = bool(S3_BUCKET)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
if S3_BUCKET:
    from botocore.config import Config

    STORAGES["artifacts"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "location": env.str("S3_PREFIX", "fitbalance"),
            "endpoint_url": env.str("S3_ENDPOINT_URL", "") or None,
            "region_name": env.str("S3_REGION", "") or None,
            "access_key": env.str("S3_ACCESS_KEY_ID", "") or None,
            "secret_key": env.str("S3_SECRET_ACCESS_KEY", "") or None,
            "querystring_auth": True,
            "file_overwrite": True,
            "default_acl": None,
            "client_config": Config(
                connect_timeout=5,
                read_timeout=20,
                retries={"max_attempts": 2, "mode": "standard"},
                # Only AWS itself knows the newer checksums; our own SHA-256 is checked whatever the store does.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": env.str("S3_ADDRESSING", "auto")},
            ),
        },
    }
