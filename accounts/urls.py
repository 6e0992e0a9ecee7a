"""Pages of people: settings, managing a team, answering an invitation."""

from django.urls import path

from accounts.views import activity, consent, data, deleted, demo, invitations, profile, security, teams, tokens

app_name = "accounts"
urlpatterns = [
    path("settings/", profile.settings_home, name="settings"),
    path("settings/profile/", profile.profile, name="profile"),
    path("settings/body/", profile.body, name="body"),
    path("language/", profile.language, name="language"),
    path("settings/security/", security.security, name="security"),
    path("settings/security/sessions/<int:pk>/end/", security.session_end_one, name="session_end"),
    path("settings/security/sign-out-others/", security.sign_out_others, name="sign_out_others"),
    path("settings/consent/", consent.consent, name="consent"),
    path("settings/consent/learning/", consent.consent_learning, name="consent_learning"),
    path("settings/consent/teams/<uuid:pk>/", consent.consent_team, name="consent_team"),
    path("settings/teams/", teams.my_teams, name="my_teams"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/<uuid:pk>/revoke/", tokens.token_revoke_one, name="token_revoke"),
    path("settings/activity/", activity.activity, name="activity"),
    path("settings/deleted/", deleted.deleted, name="deleted"),
    path("settings/deleted/<slug:kind>/<str:pk>/restore/", deleted.restore, name="deleted_restore"),
    path("settings/deleted/<slug:kind>/<str:pk>/purge/", deleted.purge, name="deleted_purge"),
    path("settings/data/", data.data, name="data"),
    path("goodbye/", data.goodbye, name="goodbye"),
    path("teams/new/", teams.team_new, name="team_new"),
    path("teams/<uuid:pk>/members/", teams.members, name="members"),
    path("teams/<uuid:pk>/edit/", teams.team_edit, name="team_edit"),
    path("teams/<uuid:pk>/close/", teams.team_end, name="team_close"),
    path("memberships/<int:pk>/end/", teams.member_end, name="member_end"),
    path("invitations/<uuid:pk>/revoke/", teams.invitation_end, name="invitation_revoke"),
    path("invitations/<str:secret>/", invitations.invitation, name="invitation"),
    path("demo-login/", demo.demo_login, name="demo_login"),
]
