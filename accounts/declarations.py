"""What this app declares to the site: personal data, demo people, where administrators begin."""

from django.utils.translation import gettext_lazy as _

from accounts.demo import make_demo_people, remove_demo_people
from accounts.models import Role
from accounts.personal_data import register_tables
from accounts.selectors.search import people_found, settings_found
from accounts.services.outbox import outbox_forget
from web.registries import demo, home, nav, personal_data, search

ADMINISTRATOR = frozenset({Role.ADMINISTRATOR.value})


def register() -> None:
    """Called once from AppConfig.ready()."""
    register_tables()
    personal_data.before_erase(outbox_forget)
    demo.register(demo.DemoPart("people", 10, make_demo_people, remove_demo_people))
    home.register(Role.ADMINISTRATOR.value, "admin:index")
    nav.register(nav.NavEntry(_("People"), "admin:accounts_user_changelist", "person", ADMINISTRATOR, 10))
    nav.register(nav.NavEntry(_("Teams"), "admin:accounts_team_changelist", "team", ADMINISTRATOR, 20))
    nav.register(nav.NavEntry(_("Audit log"), "admin:accounts_auditevent_changelist", "shield", ADMINISTRATOR, 30))
    search.register(search.Source(_("People"), "person", 20, people_found))
    search.register(search.Source(_("Settings"), "settings", 90, settings_found))
