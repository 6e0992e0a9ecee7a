"""The plainest live handler: a bare Channels consumer on Daphne that runs the network once for every sample.

What anybody writes first, and the baseline of `benchmarks.live`: `python -m benchmarks.live_parts.plain PORT MODEL`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

LENGTH, N_CHANNELS = 150, 5


def main() -> None:
    from django.conf import settings

    settings.configure(SECRET_KEY="benchmark", INSTALLED_APPS=["channels"], ALLOWED_HOSTS=["*"])
    import daphne.server  # noqa: I001  (first: it chooses the reactor)
    import django

    django.setup()
    import numpy as np
    import onnxruntime
    from channels.generic.websocket import AsyncWebsocketConsumer
    from daphne.endpoints import build_endpoint_description_strings

    session = onnxruntime.InferenceSession(sys.argv[2])

    class Plain(AsyncWebsocketConsumer):
        """Collect 150 samples; from then on one run and one answer for each."""

        async def connect(self) -> None:
            self.window: list[list[float]] = []
            await self.accept()

        async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
            data = json.loads(text_data or "{}")["data"]
            self.window = [*self.window[-LENGTH + 1 :], data["values"]]
            if len(self.window) < LENGTH:
                return
            x = np.array(self.window, np.float32)
            x = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-8)
            probabilities = session.run(["probabilities"], {"input": x[None]})[0][0]
            answer: dict[str, Any] = {"seq": data["seq"], "probabilities": probabilities.tolist()}
            await self.send(json.dumps({"event": "classification_result", "data": answer}, separators=(",", ":")))

    endpoints = build_endpoint_description_strings(host="127.0.0.1", port=int(sys.argv[1]))
    daphne.server.Server(Plain.as_asgi(), endpoints=endpoints).run()


if __name__ == "__main__":
    main()
