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
    token_audience: str = ""


GUIDES = (
    Guide(
        "Moodle",
        N_(
            "Site administration → Plugins → Activity modules → External tool → Manage tools → Configure "
            "a tool manually. Choose LTI 1.3, Keyset URL and Supports Deep Linking; under Services, grade "
            "sync and column management, and to retrieve members' information; under Privacy, always share the "
            "launcher's name and email. Where Moodle may not fetch from this service's address or port, "
            "allow them under Security → HTTP security."
        ),
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
        N_(
            "Admin → the account → Developer Keys → + Developer Key → + LTI Key, Manual Entry and Public "
            "JWK URL; the LTI Advantage services for grades and for names and roles; Privacy Level Public. Turn "
            "the key on. Then Settings → Apps → + App, By Client ID."
        ),
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
            "itslearning itself adds tools to its App library: send it these values and ask for Deep "
            "Linking, and for a privacy level with name and e-mail. It answers with its own values."
        ),
        (
            ("Target Link URI", "launch"),
            ("Login URI", "login"),
            ("Redirection URI", "launch"),
            ("JWK Set URI", "jwks"),
        ),
    ),
    Guide(
        "Blackboard",
        N_(
            "Register an application that supports LTI 1.3 at developer.anthology.com, with RS256. In "
            "Learn: Administrator Panel → LTI Tool Providers → Register LTI 1.3/Advantage Tool, with its "
            "application id as client id; then add a placement for deep linking."
        ),
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
        N_(
            "Admin Tools → Manage Extensibility → LTI Advantage → Register Tool → Standard, with the "
            "extensions for grades, deep linking, names and roles. Copy its OAuth2 Audience too; then "
            "View Deployments → New Deployment."
        ),
        (
            ("Domain", "base"),
            ("Redirect URLs", "launch"),
            ("OpenId Connect Login URL", "login"),
            ("Keyset URL", "jwks"),
            ("Target Link URI", "launch"),
        ),
        "https://BRIGHTSPACE",
        "https://BRIGHTSPACE/d2l/lti/authenticate",
        "https://auth.brightspace.com/core/connect/token",
        "https://BRIGHTSPACE/d2l/.well-known/jwks",
        "https://api.brightspace.com/auth/token",
    ),
    Guide(
        "Open edX",
        N_(
            'Studio: Settings → Advanced Settings, add "lti_consumer" to the Advanced Module List; then '
            "in the unit: Advanced → LTI Consumer → Edit, LTI 1.3. It shows its own values afterwards."
        ),
        (
            ("Tool Launch URL", "launch"),
            ("Registered Redirect URIs", "launch"),
            ("Tool Initiate Login URL", "login"),
            ("Tool Keyset URL", "jwks"),
            ("Deep Linking Launch URL", "launch"),
        ),
    ),
)
