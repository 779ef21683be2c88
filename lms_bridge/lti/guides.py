"""What each LMS calls the values that it needs of us, and where its own are found: for the page of manual set-up."""

from dataclasses import dataclass

from ..errors import N_


@dataclass(frozen=True)
class Guide:
    """One LMS. `steps` lead to the form; `fields` are (the LMS's own word, which of our values)."""

    name: str
    steps: str
    fields: tuple[tuple[str, str], ...]
    issuer: str = ""
    auth_url: str = ""
    token_url: str = ""
    jwks_url: str = ""


GUIDES = (
    Guide(
        "Moodle",
        N_("Site administration → Plugins → External tool → Manage tools → configure a tool manually."),
        (
            ("Tool URL", "launch"),
            ("Public keyset", "jwks"),
            ("Initiate login URL", "login"),
            ("Redirection URI(s)", "launch"),
            ("Content Selection URL", "launch"),
        ),
        "https://MOODLE",
        "https://MOODLE/mod/lti/auth.php",
        "https://MOODLE/mod/lti/token.php",
        "https://MOODLE/mod/lti/certs.php",
    ),
    Guide(
        "Canvas",
        N_("Admin → Developer Keys → + LTI Key, then turn the key on and add the app by its client id."),
        (
            ("Target Link URI", "launch"),
            ("OpenID Connect Initiation Url", "login"),
            ("Redirect URIs", "launch"),
            ("Public JWK URL", "jwks"),
        ),
        "https://canvas.instructure.com",
        "https://sso.canvaslms.com/api/lti/authorize_redirect",
        "https://sso.canvaslms.com/login/oauth2/token",
        "https://sso.canvaslms.com/api/lti/security/jwks",
    ),
    Guide(
        "itslearning",
        N_(
            "Admin → Edit global settings → LTI: add a tool of version 1.3; it shows its own values afterwards."
        ),
        (
            ("Launch URL", "launch"),
            ("Login initiation URL", "login"),
            ("Redirect URLs", "launch"),
            ("Public keyset URL", "jwks"),
        ),
    ),
    Guide(
        "Blackboard",
        N_("Register the tool at developer.blackboard.com, then Administrator Panel → LTI Tool Providers."),
        (
            ("Login Initiation URL", "login"),
            ("Tool Redirect URL(s)", "launch"),
            ("Tool JWKS URL", "jwks"),
            ("Target Link URI", "launch"),
        ),
        "https://blackboard.com",
        "https://developer.blackboard.com/api/v1/gateway/oidcauth",
        "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
        "https://developer.blackboard.com/api/v1/management/applications/CLIENT-ID/jwks.json",
    ),
    Guide(
        "Brightspace",
        N_("Manage Extensibility → LTI Advantage → Register Tool (Standard). Copy its token audience too."),
        (
            ("Domain", "base"),
            ("Redirect URLs", "launch"),
            ("OpenID Connect Login URL", "login"),
            ("Keyset URL", "jwks"),
            ("Target Link URI", "launch"),
        ),
        "https://BRIGHTSPACE",
        "https://BRIGHTSPACE/d2l/lti/authenticate",
        "https://auth.brightspace.com/core/connect/token",
        "https://BRIGHTSPACE/d2l/.well-known/jwks",
    ),
    Guide(
        "Open edX",
        N_(
            "Studio: add lti_consumer in Advanced settings; then in the unit: Advanced → LTI Consumer → LTI 1.3."
        ),
        (
            ("Tool Launch URL", "launch"),
            ("Registered Redirect URIs", "launch"),
            ("Tool Initiate Login URL", "login"),
            ("Tool Public Key Mode: Keyset URL", "jwks"),
            ("Deep Linking Launch URL", "launch"),
        ),
    ),
)
