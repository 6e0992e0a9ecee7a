"""Searching for good settings: which to try next, what to give up early, which of them mattered.

The truth is with the caller: every call is given all trials so far and rebuilds the sampler from them, so that a
search goes on after any interruption. Optuna's tree-structured Parzen estimator (Bergstra et al. 2011; Watanabe 2023)
proposes, its median rule stops (Golovin et al. 2017), its PED-ANOVA weighs the options (Watanabe et al. 2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mlops.ml.contract import BadValue

State = Literal["running", "done", "pruned", "failed"]
N_RANDOM = 8
"""Trials that are drawn at random before the sampler learns from them."""
N_BEFORE_PRUNING = 4


@dataclass(frozen=True)
class Trial:
    """One set of settings that was tried. `curve`: epoch → metric on validation, where the estimator tells it."""

    params: dict[str, Any]
    state: State
    value: float | None = None
    curve: dict[int, float] = field(default_factory=dict)


def suggest(
    space: Mapping[str, Mapping[str, Any]], trials: Sequence[Trial], *, seed: int, higher_is_better: bool
) -> dict[str, Any]:
    """Return the settings to try next: the same for the same trials and seed.

    space  option → {"low", "high", "log", "step"} with ints or floats, or {"choices": […]}
    Raises BadValue for a range that holds nothing.
    """
    optuna = _optuna()
    sampler = optuna.samplers.TPESampler(
        seed=seed + len(trials), n_startup_trials=N_RANDOM, constant_liar=True, multivariate=True, group=False
    )
    study = _study(space, trials, higher_is_better, sampler)
    asked = study.ask(_distributions(space))
    return dict(asked.params)


def falls_behind(
    curve: Mapping[int, float], trials: Sequence[Trial], *, higher_is_better: bool, n_warmup: int = 3
) -> bool:
    """True when the best value of `curve` so far lies behind the median of the others at its last epoch."""
    optuna = _optuna()
    if not curve:
        return False
    pruner = optuna.pruners.MedianPruner(n_startup_trials=N_BEFORE_PRUNING, n_warmup_steps=n_warmup)
    finished = [trial for trial in trials if trial.state == "done" and trial.curve]
    study = _study({}, [Trial({}, trial.state, trial.value, trial.curve) for trial in finished], higher_is_better)
    own = optuna.trial.create_trial(
        state=optuna.trial.TrialState.RUNNING, intermediate_values={int(k): float(v) for k, v in curve.items()}
    )
    return bool(pruner.prune(study, own))


def importances(
    space: Mapping[str, Mapping[str, Any]], trials: Sequence[Trial], *, higher_is_better: bool
) -> dict[str, float]:
    """Return each option's share of what made trials good, summing to 1; empty with too few trials to tell."""
    optuna = _optuna()
    done = [trial for trial in trials if trial.state == "done" and trial.value is not None]
    if len(done) < 5 or len({trial.value for trial in done}) < 2:
        return {}
    study = _study(space, done, higher_is_better)
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    try:
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    except (ValueError, RuntimeError):  # not enough different values of any option
        return {}
    return {name: float(share) for name, share in found.items()}


def _study(space: Any, trials: Sequence[Trial], higher_is_better: bool, sampler: Any = None) -> Any:
    optuna = _optuna()
    study = optuna.create_study(direction="maximize" if higher_is_better else "minimize", sampler=sampler)
    distributions = _distributions(space)
    states = optuna.trial.TrialState
    kinds = {"running": states.RUNNING, "done": states.COMPLETE, "pruned": states.PRUNED, "failed": states.FAIL}
    for trial in trials:
        study.add_trial(
            optuna.trial.create_trial(
                state=kinds[trial.state],
                params={name: trial.params[name] for name in distributions},
                distributions=distributions,
                value=trial.value if trial.state == "done" else None,
                intermediate_values={int(epoch): float(value) for epoch, value in trial.curve.items()},
            )
        )
    return study


def _distributions(space: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    optuna = _optuna()
    found: dict[str, Any] = {}
    for name, spec in space.items():
        try:
            if "choices" in spec:
                found[name] = optuna.distributions.CategoricalDistribution(tuple(spec["choices"]))
            elif isinstance(spec["low"], int) and isinstance(spec["high"], int):
                step = 1 if spec.get("log") else int(spec.get("step") or 1)
                found[name] = optuna.distributions.IntDistribution(
                    spec["low"], spec["high"], log=bool(spec.get("log")), step=step
                )
            else:
                found[name] = optuna.distributions.FloatDistribution(
                    float(spec["low"]), float(spec["high"]), log=bool(spec.get("log"))
                )
        except (ValueError, KeyError, TypeError) as error:
            raise BadValue(f"{name} cannot be searched: {error}") from error
    return found


def _optuna() -> Any:
    """Optuna, with its own chatter switched off."""
    import warnings

    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    return optuna
