"""REST framework, OpenAPI, uploads."""

from fitbalance.settings.env import env

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.IsSignedInWithScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["web.api.parsers.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": [
        "web.api.filters.StrictFilterBackend",
        "web.api.filters.StrictSearchFilter",
        "web.api.filters.StrictOrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "web.api.pagination.PageNumberPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "web.api.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "UNICODE_JSON": True,
    "STRICT_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "FitBalance API",
    "VERSION": "v1",
    "DESCRIPTION": "Record, label, learn and recognise. Errors are RFC 9457 problem details.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "web.api.schema.common_parts",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AggregationEnum": ["stats", "flatten"],
        "RoleEnum": "accounts.models.Role",
        "TeamRoleEnum": "accounts.models.TeamRole",
        "UploadStateEnum": "web.models.UploadState",
        "SpanStateEnum": "sessions.models.SpanState",
        "StreamStateEnum": "sessions.models.StreamState",
        "SpanOriginEnum": "sessions.models.SpanOrigin",
        "RecordingSourceEnum": "sessions.models.RecordingSource",
        "StreamSourceEnum": "sessions.models.StreamSource",
        "AnswerOriginEnum": "mlops.models.AnswerOrigin",
        "AliasNameEnum": "mlops.models.AliasName",
        "CheckInSourceEnum": "burnout.models.checkin.CheckInSource",
    },
}
UPLOAD_PART_BYTES = 8 * 1024 * 1024
UPLOAD_SINGLE_BYTES = 16 * 1024 * 1024
"""Largest request body; bigger files come in resumable parts. Daphne is capped at the same size."""
UPLOAD_MAX_BYTES = 4 * 1024 * 1024 * 1024

REQUEST_HEAD_S = env.float("REQUEST_HEAD_S", 10.0)
"""A request's headers are complete so long after its first byte, or it is ended with 408."""
REQUEST_GRACE_S = env.float("REQUEST_GRACE_S", 10.0)
REQUEST_BYTES_PER_S = env.float("REQUEST_BYTES_PER_S", 2048.0)
"""A body may pause for REQUEST_GRACE_S in all, beside the time that its bytes so far have at this rate."""
ACCOUNT_QUOTA_BYTES = int(env.float("ACCOUNT_QUOTA_GB", 20.0) * 1e9)
"""What one account may keep: recordings, uploads, datasets and models. 0: no limit."""
DISK_MARGIN_BYTES = int(env.float("DISK_MARGIN_MB", 256.0) * 1e6)
"""Never promised to files: the database, sessions and live samples need it."""
