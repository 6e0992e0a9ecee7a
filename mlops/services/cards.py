"""The model card: what a version is, what it learned from, how good it is and what it is not for."""

from typing import Any

from mlops.models import Task


def model_card(*, task: Task, manifest: dict[str, Any]) -> str:
    """Markdown, kept as README.md in the artifact."""
    metrics, layout, spec = manifest["metrics"], manifest.get("layout", {}), manifest.get("window_spec", {})
    labels = [str(label) for label in manifest.get("labels", [])]
    lines = [
        f"# {task.title}",
        "",
        f"A `{manifest['estimator']}` model of FitBalance for the task `{task.name}`.",
        "",
        "## Measured",
        "",
        metrics.get("measured_on", {}).get("text", ""),
        "",
        "| metric | value |",
        "|---|---|",
        *(f"| {name} | {metrics[name]:.4f} |" for name in _numbers(metrics)),
        "",
        "## Input and output",
        "",
        f"Input `input`: (batch, {spec.get('length', 'time')}, {len(layout.get('channels', []))}) float32, "
        f"{spec.get('rate_hz', '?')} samples a second, normalised by {spec.get('normalisation', '?')}.",
        f"Channels: {', '.join(_channel(channel) for channel in layout.get('channels', []))}.",
        f"Output `probabilities`: one for each of {', '.join(labels)}.",
        "",
        "## Training",
        "",
        f"- dataset `{manifest.get('dataset_hash', '')[:16]}`",
        f"- seed {manifest.get('seed')}, config `{manifest.get('config')}`",
        f"- code {manifest.get('code_version')}, libraries {manifest.get('libraries')}",
        f"- {'contains generated data' if metrics.get('measured_on', {}).get('generated') else 'recorded data only'}",
        "",
        "## Limits",
        "",
        "It names movements; it does not judge health and gives no diagnosis. It knows only the labels above,",
        "worn and sampled as in its training data.",
        "",
    ]
    return "\n".join(lines)


def _numbers(metrics: dict[str, Any]) -> list[str]:
    return [name for name, value in metrics.items() if isinstance(value, float)]


def _channel(channel: Any) -> str:
    return str(channel["name"]) if isinstance(channel, dict) else str(channel)
