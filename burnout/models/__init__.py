"""Days, outcomes and what models said about them."""

from burnout.models.checkin import ANSWERS, LIMITS, CheckIn, CheckInSource
from burnout.models.estimate import RiskEstimate
from burnout.models.outcome import JudgedBy, Outcome, OutcomeKind

__all__ = [
    "ANSWERS", "LIMITS", "CheckIn", "CheckInSource", "JudgedBy", "Outcome", "OutcomeKind", "RiskEstimate",
]
