"""Calendar providers as their customers know them: where each one's server is, and how to get an app password there."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Provider:
    id: str
    name: str
    address: str = ""
    """Empty: everyone's own."""
    example: str = ""
    login_words: tuple[str, str] = ("User name", "App password")
    """What it calls user name and password."""
    steps: tuple[str, ...] = ()
    """What to do there first."""
    mail: tuple[str, ...] = ()
    """Domains of its e-mail addresses."""
    hosts: tuple[str, ...] = ()
    """Its servers; their subdomains count."""
    refusal: tuple[str, ...] = ()
    """Why its calendars cannot be connected, and what to do instead."""


_INSTEAD = (
    "Keep this calendar in Ringback and add it to your phone, beside the one that you use now: appointments made there "
    "show up in the same app. What should never be offered to callers must stand in Ringback's calendar.",
    "Or use a calendar at iCloud, Fastmail, mailbox.org or a Nextcloud, and connect that.",
)

PROVIDERS = (
    Provider(
        id="icloud",
        name="iCloud (Apple)",
        address="caldav.icloud.com",
        login_words=("E-mail address of your Apple Account", "App-specific password"),
        steps=(
            "Sign in at account.apple.com and open Sign-In and Security, then App-Specific Passwords.",
            "Make one with the name Ringback. Apple shows it once; it looks like abcd-efgh-ijkl-mnop.",
            "Your own Apple password does not work here.",
        ),
        mail=("icloud.com", "me.com", "mac.com"),
        hosts=("icloud.com",),
    ),
    Provider(
        id="fastmail",
        name="Fastmail",
        address="caldav.fastmail.com",
        login_words=("Your Fastmail e-mail address", "App password"),
        steps=(
            "In Fastmail open Settings, then Privacy & Security, then Manage app passwords.",
            "Make a new one with access to Calendars (CalDAV). Fastmail shows it once.",
        ),
        mail=("fastmail.com", "fastmail.fm"),
        hosts=("fastmail.com", "fastmail.fm"),
    ),
    Provider(
        id="nextcloud",
        name="Nextcloud",
        example="https://cloud.example.com",
        steps=(
            "In Nextcloud open Settings, then Security, and go down to Devices & sessions.",
            "Type Ringback as the app's name and make a new app password. Nextcloud shows it once, with the user name.",
            "The address is the one in your browser when you use Nextcloud.",
        ),
    ),
    Provider(
        id="mailbox",
        name="mailbox.org",
        address="dav.mailbox.org",
        login_words=("Your mailbox.org e-mail address", "App password"),
        steps=(
            "If you sign in with two factors, open All settings, then Security, and make an application password for "
            "calendars. Else your own password works.",
        ),
        mail=("mailbox.org",),
        hosts=("mailbox.org",),
    ),
    Provider(
        id="posteo",
        name="Posteo",
        address="posteo.de:8443",
        login_words=("Your Posteo e-mail address", "Password"),
        steps=("Posteo has no app passwords: use the one that you sign in with.",),
        mail=("posteo.de", "posteo.net", "posteo.org"),
        hosts=("posteo.de",),
    ),
    Provider(
        id="yahoo",
        name="Yahoo",
        address="caldav.calendar.yahoo.com",
        login_words=("Your Yahoo e-mail address", "App password"),
        steps=(
            "In your Yahoo account open Security, then Generate app password.",
            "Type Ringback as the app's name. Yahoo shows the password once.",
        ),
        mail=("yahoo.com", "ymail.com"),
        hosts=("yahoo.com",),
    ),
    Provider(
        id="google",
        name="Google Calendar",
        mail=("gmail.com", "googlemail.com"),
        hosts=("google.com", "googleusercontent.com", "gmail.com"),
        refusal=(
            "Google Calendar needs Google's own sign-in (OAuth), which Ringback does not have yet: no password opens it.",
            *_INSTEAD,
        ),
    ),
    Provider(
        id="microsoft",
        name="Outlook, Microsoft 365, Exchange",
        mail=("outlook.com", "hotmail.com", "live.com", "msn.com"),
        hosts=("outlook.com", "hotmail.com", "live.com", "office.com", "office365.com"),
        refusal=(
            "Microsoft's calendars do not speak CalDAV, the language in which Ringback reads and writes calendars.",
            *_INSTEAD,
        ),
    ),
    Provider(
        id="other",
        name="Another server",
        example="https://dav.example.com",
        steps=(
            "Any server that speaks CalDAV will do: Radicale, Baikal, SOGo, Synology, Zimbra and many mail providers.",
            "If you sign in there with two factors, make an app password first.",
            "The address is in its instructions for phones; the address of one calendar works as well.",
        ),
    ),
)


def provider(wanted: str) -> Provider | None:
    return next((one for one in PROVIDERS if one.id == wanted), None)


def of_mail(domain: str) -> Provider | None:
    """Whose customers have e-mail addresses of this domain."""
    return next((one for one in PROVIDERS if domain in one.mail), None)


def of_host(host: str) -> Provider | None:
    """Whose server this is."""
    return next((one for one in PROVIDERS if set(_parents(host)) & set(one.hosts)), None)


def _parents(host: str) -> Iterator[str]:
    """a.example.com, example.com, com."""
    labels = host.lower().rstrip(".").split(".")
    for place in range(len(labels)):
        yield ".".join(labels[place:])
