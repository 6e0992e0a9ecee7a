"""Days, outcomes and what models said about them."""

from burnout.models.checkin import ANSWERS, LIMITS, CheckIn, CheckInSource
from burnout.models.estimate import RiskEstimate
from burnout.models.outcome import JudgedBy, Outcome, OutcomeKind
from burnout.models.verdict import DayVerdict, Verdict

__all__ = [
    "ANSWERS", "LIMITS", "CheckIn", "CheckInSource", "DayVerdict", "JudgedBy", "Outcome", "OutcomeKind",
    "RiskEstimate", "Verdict",
]
