"""Routes of pretrained parts."""

from typing import Any

from tests.access.rows import ENGINE, SIGNED_IN, Row, expect

NOWHERE = expect(404)


def _unknown(world: Any) -> dict[str, Any]:
    return {"name": "no-such-part"}


def _file(world: Any) -> dict[str, Any]:
    return {"name": "no-such-part", "digest": "0" * 16, "path": "model.onnx"}


ROWS = [
    Row("mlops:parts", ENGINE),
    Row("mlops:parts_list", ENGINE),
    Row("mlops:parts_fetch", expect(404, staff=302, administrator=302), method="POST"),
    Row("mlops:part_fetch", NOWHERE, kwargs=_unknown, method="POST", note="no part of that name"),
    Row("mlops:part_remove", NOWHERE, kwargs=_unknown, method="POST", note="no part of that name"),
    Row("mlops:part_file", NOWHERE, kwargs=_file, note="no part of that name"),
    Row("mlops:part", ENGINE, kwargs=lambda world: {"name": "whisper-tiny.en"}),
    Row("mlops:part", NOWHERE, kwargs=_unknown, note="no part of that name"),
    Row("mlops_api:part-answer", expect(403, staff=404, administrator=404), kwargs=_unknown, method="POST"),
    Row("mlops_api:part-list", SIGNED_IN),
    Row("mlops_api:part", expect(403, staff=404, administrator=404), kwargs=_unknown, method="POST"),
    Row("mlops_api:part", expect(403, staff=404, administrator=404), kwargs=_unknown, method="DELETE"),
]
