"""The API of days, outcomes and estimates."""

from burnout.api.views import CheckInViewSet, OutcomeViewSet, RiskEstimateViewSet
from web.api.routers import Router

app_name = "burnout_api"

router = Router()
router.register("check-ins", CheckInViewSet, "checkin")
router.register("outcomes", OutcomeViewSet, "outcome")
router.register("risk-estimates", RiskEstimateViewSet, "risk_estimate")
urlpatterns = router.urls
