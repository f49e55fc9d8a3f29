"""Every setting with unit, default and meaning; the only reader of the environment."""

import ipaddress
import os
import secrets
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

_PRIVATE_ENDS = {"arpa", "home", "internal", "lan", "local", "localhost"}


class Settings(BaseSettings):
    """Read from the environment, then from `.env` in the working folder."""

    model_config = SettingsConfigDict(
        env_prefix="RINGBACK_",
        env_file=".env",
        extra="ignore",
        populate_by_name=True,
        env_ignore_empty=True,
    )

    data_dir: Path = Field(
        default=Path("data"), description="Folder of the SQLite database, the index and secrets."
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL; empty: SQLite in the data folder. PostgreSQL: postgresql://...",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Where the world reaches this server; webhook signatures are checked against it.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses or networks of the reverse proxies in front, with commas between; `*`: whoever connects. Theirs is the word on who visits.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Signs login sessions; empty: made once and kept in the data folder.",
    )
    twilio_account_sid: str = Field(
        default="",
        validation_alias=AliasChoices("TWILIO_ACCOUNT_SID", "twilio_account_sid"),
        description="The installation's Twilio account.",
    )
    twilio_auth_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("TWILIO_AUTH_TOKEN", "twilio_auth_token"),
        description="Its token; without it every webhook is refused.",
    )
    twilio_api_url: str = Field(
        default="", description="Another address for Twilio's API: the simulator, a test double."
    )
    openai_api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("OPENAI_API_KEY", "openai_api_key"),
        description="Key of the model; empty: the rules answer alone.",
    )
    openai_base_url: str = Field(
        default="",
        validation_alias=AliasChoices("OPENAI_BASE_URL", "openai_base_url"),
        description="Any OpenAI-compatible server; empty: OpenAI's own.",
    )
    model: str = Field(default="gpt-5-mini", description="The model's name.")
    model_timeout_s: float = Field(default=8.0, gt=0, description="Seconds for one model call.")
    model_turn_s: float = Field(
        default=12.0,
        gt=0,
        description="Seconds for all model calls of one turn; then the rules answer alone.",
    )
    model_tokens_per_day: int = Field(
        default=1_000_000,
        ge=0,
        description="Tokens that one business may use in a day of its own; then the rules answer alone. 0: no limit.",
    )
    model_price_in: float = Field(
        default=0.0,
        ge=0,
        description="USD for a million tokens that the model reads; 0: costs are not shown.",
    )
    model_price_out: float = Field(
        default=0.0, ge=0, description="USD for a million tokens that the model writes."
    )
    embedder: Literal["minilm-int8", "lexical"] = Field(
        default="minilm-int8",
        description="How passages are found: by meaning and words, or words only.",
    )
    debounce_s: float = Field(
        default=6.0,
        ge=0,
        description="At most this many seconds are waited for more texts of a burst.",
    )
    grace_s: float = Field(
        default=5.0,
        ge=0,
        description="Seconds between a missed call and the first text, for a call that connects after all.",
    )
    undo_s: float = Field(
        default=10.0,
        ge=0,
        le=60,
        description="Seconds that a text which staff send from the inbox waits and can be taken back; 0: it leaves at once.",
    )
    jobs_kept_min: int = Field(
        default=10,
        ge=0,
        description="Minutes that the engine's rows of finished jobs are kept, for whoever looks into a fault.",
    )
    texts_per_caller_hour: int = Field(
        default=30,
        ge=0,
        description="Automated texts to one caller in an hour, against loops between machines; 0: no limit.",
    )
    texts_per_business_hour: int = Field(
        default=600,
        ge=0,
        description="Automated texts of one business in an hour, against pumped traffic; 0: no limit.",
    )
    unregistered: Literal["", "refuse", "send"] = Field(
        default="",
        description="Texts from a US number whose registration (10DLC, toll-free) is entered and not approved: `refuse` or `send`. Empty: refused, unless RINGBACK_TWILIO_API_URL points to a simulator.",
    )
    segments_per_month: int = Field(
        default=0,
        ge=0,
        description="SMS segments of one business in its month; then the agent stops answering by text. 0: no limit; a business may have its own.",
    )
    documents_mb: int = Field(
        default=0,
        ge=0,
        description="Megabytes of documents of one business; 0: no limit; a business may have its own.",
    )
    logins: int = Field(
        default=0,
        ge=0,
        description="People who can sign in to one business; 0: no limit; a business may have its own.",
    )
    dial_timeout_s: int = Field(
        default=20, ge=5, le=120, description="Seconds that staff phones ring."
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="How log lines are written."
    )
    calendar_url: str = Field(
        default="",
        description="A Radicale server that several processes share; empty: each starts its own.",
    )
    private_calendars: bool = Field(
        default=False,
        description="Owners may connect calendars on this machine and in its private network; always so when the public URL is itself private.",
    )
    private_webhooks: bool = Field(
        default=False,
        description="Webhooks may go to this machine and its private network, also without https; always so when the public URL is itself private.",
    )
    executor_id: str = Field(
        default="",
        description="Name of this process among several on one database; empty: made up (PostgreSQL), `local` (SQLite).",
    )
    poll_s: float = Field(
        default=0.1, gt=0, description="How often the queues are looked at, in seconds."
    )
    log_personal: bool = Field(
        default=False,
        description="Log whole phone numbers and what texts say, for a search for a fault; off: numbers are masked, words left out.",
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="Bearer token of `/metrics`; empty: only programs on this machine read it.",
    )
    api_per_minute: int = Field(
        default=600,
        ge=0,
        description="Requests to the API that one token may make in a minute, in each process; 0: no limit.",
    )

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        """Paths are put behind it, and signatures are made over the whole."""
        return value.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: str) -> str:
        """A name would be trusted as no address at all."""
        each = [one.strip() for one in value.split(",")]
        for one in each if each != ["*"] else []:
            ipaddress.ip_network(one)
        return ",".join(each)

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL with its driver."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir.resolve() / 'ringback.db'}"
        plain = self.database_url.replace("postgres://", "postgresql://", 1)
        return plain.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def reaches_inside(self) -> bool:
        """Calendars may be on this machine and in private networks, as in a shop with its own server."""
        return self.private_calendars or _is_private(urlsplit(self.public_url).hostname or "")

    @property
    def registered_only(self) -> bool:
        """Nothing leaves from a number whose registration is known not to be approved."""
        return self.unregistered == "refuse" or not (self.unregistered or self.twilio_api_url)

    @property
    def tells_inside(self) -> bool:
        """Webhooks may go to this machine and to private networks."""
        return self.private_webhooks or _is_private(urlsplit(self.public_url).hostname or "")

    def named_secret(self, name: str) -> str:
        """A secret that a business folder names by its environment variable; empty when it is not set."""
        return os.environ.get(name, "")  # noqa: TID251 - this file is the reader of the environment

    def as_environment(self) -> dict[str, str]:
        """The environment with these settings in it, for a process of our own."""
        ours = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            shown = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            ours[_variable(name, field)] = shown
        return dict(os.environ) | ours  # noqa: TID251 - this file is the reader of the environment

    def session_key(self) -> str:
        """The key that signs sessions; made and kept on first use when none is set."""
        if self.secret_key.get_secret_value():
            return self.secret_key.get_secret_value()
        kept = self.data_dir / "secret_key"
        if not kept.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        return kept.read_text(encoding="utf-8")


def described() -> list[tuple[str, str, str]]:
    """(environment name, default, meaning) of every setting, for `doctor --settings` and the README's test."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if isinstance(default, SecretStr) else str(default)
        rows.append((_variable(name, field), shown, field.description or ""))
    return rows


def _is_private(host: str) -> bool:
    """By its looks alone: what a name server says of a public name does not count."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return bool(host) and ("." not in host or host.rpartition(".")[2] in _PRIVATE_ENDS)


def _variable(name: str, field: FieldInfo) -> str:
    """The environment's name of a setting."""
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"RINGBACK_{name.upper()}"
