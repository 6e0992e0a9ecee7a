"""Users, passwords, login, second factor and mail."""

from fitbalance.settings.env import PRODUCTION, VAR_DIR, env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "web:landing"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "username"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", "mandatory" if PRODUCTION else "optional")
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USER_DISPLAY = "accounts.models.names.user_in_mail"
ACCOUNT_MAX_EMAIL_ADDRESSES = 3
ACCOUNT_RATE_LIMITS = {
    "login_failed": "30/m/ip",  # accounts.services.login_limit adds the stricter limit for each account
    # Each of these mails somebody who may not have asked for it: a day's limit beside allauth's of a minute.
    "signup": "20/m/ip,300/d/ip",
    "reset_password": "20/m/ip,5/m/key,20/d/key",
    "manage_email": "10/m/user,30/d/user",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "FitBalance"
MFA_FORMS = {
    "authenticate": "accounts.second_factor.AuthenticateForm",
    "reauthenticate": "accounts.second_factor.ReauthenticateForm",
}

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "FitBalance <noreply@localhost>")
_FILES = "django.core.mail.backends.filebased.EmailBackend"
if env.str("EMAIL_URL", ""):
    vars().update(env.email("EMAIL_URL"))
else:
    # Without a mail server, messages land as files so that a password can still be reset on one machine.
    EMAIL_BACKEND = _FILES
    EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 20)
MAIL_TRANSPORT = EMAIL_BACKEND
if MAIL_TRANSPORT.endswith("console.EmailBackend"):
    # What a program prints becomes its log, and mails hold links that sign in, reset and confirm.
    MAIL_TRANSPORT, EMAIL_FILE_PATH = _FILES, VAR_DIR / "mail"
"""The backend that really sends, used by a job."""
EMAIL_BACKEND = "mlops.jobs.services.mail.QueuedBackend"
