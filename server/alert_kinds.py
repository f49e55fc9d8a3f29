"""The kinds of channels that a person can add: what each asks for, and the address that is made of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

Typed = Mapping[str, str]

_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_EMAIL = re.compile(r"[^@\s,;<>]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")
_HOST = re.compile(r"[A-Za-z0-9.-]+")


class BadField(Exception):
    """What was typed into one field is not taken; the message says why, and the mend."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Field:
    name: str
    label: str
    hint: str = ""
    is_secret: bool = False
    is_needed: bool = True


@dataclass(frozen=True, kw_only=True)
class Kind:
    id: str
    name: str
    how: str
    """Where to find what is asked for."""
    fields: tuple[Field, ...]
    address: Callable[[Typed], str]
    """Of apprise.

    Raises:
        BadField: it cannot be made of what was typed.
    """


def kind(wanted: str) -> Kind | None:
    return next((one for one in KINDS if one.id == wanted), None)


def _webhook(pattern: str, example: str) -> Callable[[Typed], str]:
    def address(typed: Typed) -> str:
        if not re.match(pattern, typed["webhook"]):
            raise BadField("webhook", f"Paste the whole address. It looks like {example}")
        return typed["webhook"]

    return address


def _ntfy(typed: Typed) -> str:
    if not _TOPIC.fullmatch(typed["topic"]):
        raise BadField("topic", "A topic is one word of letters, digits, - and _ (64 at most).")
    scheme, host, path = _server(typed["server"] or "https://ntfy.sh", "ntfy")
    if path:
        raise BadField("server", "Leave out what stands after the name of the server.")
    token = f"{quote(typed['token'], safe='')}@" if typed["token"] else ""
    auth = "&auth=token" if token else ""
    return f"{scheme}://{token}{host}/{typed['topic']}?mode=private&priority=high{auth}"


def _gotify(typed: Typed) -> str:
    scheme, host, path = _server(typed["server"], "gotify")
    return f"{scheme}://{host}{path}/{quote(typed['token'], safe='')}?priority=high"


def _mattermost(typed: Typed) -> str:
    found = re.fullmatch(r"(https?://[^?#]+)/hooks/([A-Za-z0-9]{20,40})/?", typed["webhook"])
    if not found:
        raise BadField(
            "webhook", "Paste the whole address. It looks like https://chat.example.com/hooks/..."
        )
    scheme, host, path = _server(found.group(1), "mmost", "webhook")
    return f"{scheme}://{host}{path}/{found.group(2)}"


def _telegram(typed: Typed) -> str:
    if not re.fullmatch(r"\d+:[-\w]{30,}", typed["token"]):
        raise BadField("token", "Paste the whole token that BotFather gave you: 123456:ABC...")
    if not re.fullmatch(r"-?\d+|@\w+", typed["chat"]):
        raise BadField("chat", "A chat id is a number; a channel's name begins with @.")
    return f"tgram://{typed['token']}/{typed['chat']}"


def _pushover(typed: Typed) -> str:
    for name in ("user", "token"):
        if not re.fullmatch(r"[A-Za-z0-9]{30}", typed[name]):
            raise BadField(name, "It has 30 letters and digits.")
    return f"pover://{typed['user']}@{typed['token']}?priority=high"


def _email(typed: Typed) -> str:
    for name in ("to", "sender"):
        if not _EMAIL.fullmatch(typed[name]):
            raise BadField(name, "Write an e-mail address, like mia@example.com.")
    if typed["server"] and not _HOST.fullmatch(typed["server"]):
        raise BadField("server", "Write the mail server's name alone, like smtp.example.com.")
    user, domain = typed["sender"].rsplit("@", 1)
    smtp = f"&smtp={typed['server']}&user={quote(typed['sender'])}" if typed["server"] else ""
    login = f"{quote(user, safe='')}:{quote(typed['password'], safe='')}"
    return f"mailtos://{login}@{domain}?to={quote(typed['to'])}&from={quote(typed['sender'])}{smtp}"


def _server(url: str, scheme: str, field: str = "server") -> tuple[str, str, str]:
    """The scheme for apprise, host with port, and path of a server's address."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        is_plain = not (parts.username or parts.query or parts.fragment) and parts.port != 0
    except ValueError:
        parts, is_plain = urlsplit(""), False
    if not is_plain or not parts.hostname or parts.scheme not in ("http", "https"):
        raise BadField(field, "Write the server's address, like https://push.example.com.")
    secure = "s" if parts.scheme == "https" else ""
    return f"{scheme}{secure}", parts.netloc, parts.path.rstrip("/")


_WEBHOOK = Field(name="webhook", label="Webhook address", is_secret=True)
_SLACK = r"https://hooks\.slack(-gov)?\.com/(services|workflows|triggers)/\w+/"
_TEAMS = r"https://[\w.-]+\.(logic\.azure|api\.powerplatform)\.com(:\d+)?/.*workflows/"

KINDS = (
    Kind(
        id="ntfy",
        name="ntfy",
        how="A free app for phones. Install it, subscribe to a topic that nobody can guess, and type the same topic here.",
        fields=(
            Field(name="topic", label="Topic", hint="Like mia-alerts-8fK2pQ."),
            Field(
                name="server",
                label="Server",
                hint="Only if it is not ntfy.sh.",
                is_needed=False,
            ),
            Field(
                name="token",
                label="Access token",
                hint="Only if the topic is protected.",
                is_secret=True,
                is_needed=False,
            ),
        ),
        address=_ntfy,
    ),
    Kind(
        id="slack",
        name="Slack",
        how="In Slack: Apps, Incoming Webhooks, Add to a channel. Copy the webhook address.",
        fields=(_WEBHOOK,),
        address=_webhook(_SLACK, "https://hooks.slack.com/services/..."),
    ),
    Kind(
        id="teams",
        name="Teams",
        how="In Teams, at the channel: Workflows, Send webhook alerts to a channel. Copy the address.",
        fields=(_WEBHOOK,),
        address=_webhook(_TEAMS, "https://...logic.azure.com/workflows/..."),
    ),
    Kind(
        id="telegram",
        name="Telegram",
        how="Write to @BotFather to make a bot, then send your bot a first message.",
        fields=(
            Field(name="token", label="Bot token", is_secret=True),
            Field(name="chat", label="Chat id", hint="Ask @userinfobot for yours."),
        ),
        address=_telegram,
    ),
    Kind(
        id="discord",
        name="Discord",
        how="In Discord, at the channel: Edit, Integrations, Webhooks. Copy the webhook address.",
        fields=(_WEBHOOK,),
        address=_webhook(
            r"https://(discord|discordapp)\.com/api/webhooks/\d+/[\w-]+",
            "https://discord.com/api/webhooks/...",
        ),
    ),
    Kind(
        id="email",
        name="E-mail",
        how="Sent from a mailbox of your own. Gmail, Yahoo, iCloud and most others want an app password, not the usual one.",
        fields=(
            Field(name="to", label="Send alerts to"),
            Field(name="sender", label="Mailbox that sends them"),
            Field(name="password", label="Its (app) password", is_secret=True),
            Field(
                name="server",
                label="Its mail server",
                hint="Not needed for Gmail, Yahoo, Fastmail, GMX and Zoho. For iCloud: smtp.mail.me.com.",
                is_needed=False,
            ),
        ),
        address=_email,
    ),
    Kind(
        id="pushover",
        name="Pushover",
        how="At pushover.net: your user key is on the first page; make an application for its token.",
        fields=(
            Field(name="user", label="User key", is_secret=True),
            Field(name="token", label="Application token", is_secret=True),
        ),
        address=_pushover,
    ),
    Kind(
        id="google-chat",
        name="Google Chat",
        how="In the space: Apps and integrations, Webhooks. Copy the address.",
        fields=(_WEBHOOK,),
        address=_webhook(
            r"https://chat\.googleapis\.com/v1/spaces/", "https://chat.googleapis.com/v1/spaces/..."
        ),
    ),
    Kind(
        id="mattermost",
        name="Mattermost",
        how="In Mattermost: Integrations, Incoming webhooks. Copy the address.",
        fields=(_WEBHOOK,),
        address=_mattermost,
    ),
    Kind(
        id="gotify",
        name="Gotify",
        how="On your Gotify server: Apps, Create application. Copy its token.",
        fields=(
            Field(name="server", label="Server", hint="Like https://push.example.com."),
            Field(name="token", label="Application token", is_secret=True),
        ),
        address=_gotify,
    ),
    Kind(
        id="other",
        name="Other",
        how="An address of Apprise, if you know it: pbul://..., prowl://..., slack://..., mailtos://... Not every kind is taken.",
        fields=(Field(name="url", label="Apprise address", is_secret=True),),
        address=lambda typed: typed["url"],
    ),
)
