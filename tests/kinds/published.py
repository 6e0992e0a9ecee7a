"""Real answers against the published schema: nothing missing, nothing of another type, nothing that is not declared."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def departures(path: str, method: str, body: Any, status: int = 200) -> list[str]:
    """Where a JSON answer of an operation leaves its schema. path: as in the schema, below /api/v1/."""
    operation = document()["paths"][f"/api/v1/{path}"][method]
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    whole = {**_plain(schema), "components": _plain(document()["components"])}
    return [f"{error.json_path}: {error.message[:300]}" for error in Draft202012Validator(whole).iter_errors(body)]


def _plain(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` allows null, and an object with named properties has no others."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {key: _plain(value) for key, value in node.items() if key not in ("nullable", "readOnly", "writeOnly")}
    if found.get("type") == "object" and isinstance(found.get("properties"), dict):
        found.setdefault("additionalProperties", False)
    return {"anyOf": [found, {"type": "null"}]} if node.get("nullable") is True else found
