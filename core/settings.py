"""Settings: read once at the start from the environment, secret files and, in development, `.env`.

Every value is parsed here; whatever cannot be used stops the start with a sentence that names the setting and never
repeats its value. An unset `VOUCHLINE_ENV` means production, so that a forgotten variable errs on the strict side.
"""

from __future__ import annotations

import difflib
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)

from core import forms
from core.errors import SettingError

_IGNORED = ("VOUCHLINE_TEST_", "VOUCHLINE_SHARED")  # read by the tests alone

Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(forms.commas), Field(max_length=2)]
Port = Annotated[int, Field(ge=1, le=65535)]


def _secret(form: Any) -> AfterValidator:
    return AfterValidator(lambda value: SecretStr(form(value.get_secret_value())))


class Settings(BaseModel):
    """What the service was told; made by `load` only. Every field's alias is the name of its setting."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    _sources: dict[str, str] = PrivateAttr(default_factory=dict)

    environment: Literal["development", "production"] = Field("production", alias="VOUCHLINE_ENV")
    preset: Literal["standard", "strict", "high"] = Field("standard", alias="VOUCHLINE_PRESET")
    operators: Annotated[tuple[str, ...], BeforeValidator(forms.words)] = Field((), alias="VOUCHLINE_OPERATORS")
    data_dir: Path = Field(Path("var"), alias="VOUCHLINE_DATA_DIR")
    secrets_dir: Path | None = Field(None, alias="VOUCHLINE_SECRETS_DIR")
    secret_keys: Secrets = Field((), alias="VOUCHLINE_SECRET_KEY")
    clock: Annotated[str, AfterValidator(forms.loopback_address)] | None = Field(None, alias="VOUCHLINE_CLOCK")

    database_url: Annotated[SecretStr, _secret(forms.database)] = Field(alias="DATABASE_URL")
    redis_url: Annotated[SecretStr, _secret(forms.redis)] | None = Field(None, alias="REDIS_URL")
    bind: Annotated[str, AfterValidator(forms.host_name)] = Field("127.0.0.1", alias="VOUCHLINE_BIND")
    port: Port = Field(8000, alias="PORT")
    simulator_port: Port = Field(8001, alias="VOUCHLINE_SIMULATOR_PORT")
    public_url: Annotated[str, AfterValidator(forms.web_address)] = Field(alias="PUBLIC_URL")
    metrics_token: SecretStr | None = Field(None, alias="VOUCHLINE_METRICS_TOKEN")

    account_sid: Annotated[str, AfterValidator(forms.account_sid)] | None = Field(None, alias="TWILIO_ACCOUNT_SID")
    auth_tokens: Secrets = Field((), alias="TWILIO_AUTH_TOKEN")
    api_key: Annotated[str, AfterValidator(forms.key_sid)] | None = Field(None, alias="TWILIO_API_KEY")
    api_secret: SecretStr | None = Field(None, alias="TWILIO_API_SECRET")
    api_base_url: Annotated[str, AfterValidator(forms.web_address)] = Field(
        "https://api.twilio.com", alias="TWILIO_API_BASE_URL"
    )
    text_from: Annotated[str, AfterValidator(forms.sender)] | None = Field(None, alias="VOUCHLINE_TEXT_FROM")
    voice_from: Annotated[str, AfterValidator(forms.number)] | None = Field(None, alias="VOUCHLINE_VOICE_FROM")
    fallback_number: Annotated[str, AfterValidator(forms.number)] | None = Field(
        None, alias="VOUCHLINE_FALLBACK_NUMBER"
    )
    smtp_url: Annotated[SecretStr, _secret(forms.smtp)] | None = Field(None, alias="SMTP_URL")
    mail_from: Annotated[str, AfterValidator(forms.mailbox)] | None = Field(None, alias="VOUCHLINE_MAIL_FROM")

    pin_minutes: int = Field(5, ge=1, le=10, alias="VOUCHLINE_PIN_MINUTES")
    countries: Annotated[tuple[str, ...], BeforeValidator(forms.regions)] = Field((), alias="VOUCHLINE_COUNTRIES")
    daily_spend: Decimal = Field(Decimal(100), ge=0, alias="VOUCHLINE_DAILY_SPEND")

    @property
    def is_development(self) -> bool:
        return self.environment == "development"

    @property
    def masters(self) -> tuple[bytes, ...]:
        """Master secrets for `core.keys.Keyring`, current first."""
        return tuple(key.get_secret_value().encode() for key in self.secret_keys)

    @property
    def database(self) -> str:
        """SQLAlchemy's address of the database, with its password."""
        return self.database_url.get_secret_value()


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting as people may see it."""

    name: str
    value: str
    source: str


def load(environ: Mapping[str, str] | None = None, *, dotenv: Path | None = None) -> Settings:
    """Read the settings. Without `environ`: of this process, with `.env` of the working directory in development.

    Raises `SettingError` that names every setting at fault.
    """
    if environ is None:
        environ, dotenv = os.environ, dotenv or Path(".env")
    found = _collect(environ, dotenv)
    values = {name: value for name, (value, _) in found.items()}
    sources = {name: source for name, (_, source) in found.items()}
    settings = _parse(_with_defaults(values, sources))
    settings._sources.update(sources)  # noqa: SLF001
    if faults := [*_faults(settings), *([] if settings.is_development else _production_faults(settings))]:
        raise _error(faults)
    return settings


def describe(settings: Settings) -> list[Shown]:
    """Every setting with its value, secrets masked, and where it came from."""
    return [
        Shown(name, _shown(getattr(settings, field)), settings._sources.get(name, "default"))  # noqa: SLF001
        for name, field in _FIELDS.items()
    ]


_FIELDS = {str(info.alias): field for field, info in Settings.model_fields.items()}


def _collect(environ: Mapping[str, str], dotenv: Path | None) -> dict[str, tuple[str, str]]:
    """Name -> (text, source). An empty text counts as unset; the environment rules over files."""
    given = {name: value.strip() for name, value in environ.items() if value.strip() and _is_ours(name)}
    found: dict[str, tuple[str, str]] = {}
    if dotenv is not None and dotenv.is_file() and given.get("VOUCHLINE_ENV") == "development":
        written = {name: (text or "").strip() for name, text in dotenv_values(dotenv).items()}
        if "VOUCHLINE_ENV" in written:
            raise SettingError("VOUCHLINE_ENV must not stand in .env, which is read in development only")
        found |= {name: (text, ".env") for name, text in written.items() if text and _is_ours(name)}
    folder = given.get("VOUCHLINE_SECRETS_DIR") or found.get("VOUCHLINE_SECRETS_DIR", ("",))[0]
    found |= {name: (text, "secrets folder") for name, text in _files(folder).items()}
    found |= {name: (text, "environment") for name, text in given.items()}
    if unknown := [_unknown(name) for name in found if name not in _FIELDS]:
        raise _error(unknown)
    return found


def _is_ours(name: str) -> bool:
    return name in _FIELDS or (name.startswith("VOUCHLINE_") and not name.startswith(_IGNORED))


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _FIELDS, n=1)
    return f"{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else "")


def _files(folder: str) -> dict[str, str]:
    """Secret files: one a setting, named like it in capital or small letters."""
    if not folder:
        return {}
    path = Path(folder)
    if not path.is_dir():
        raise SettingError("VOUCHLINE_SECRETS_DIR: there is no such folder")
    try:
        texts = {file.name.upper(): file.read_text().strip() for file in sorted(path.iterdir()) if file.is_file()}
    except (OSError, UnicodeDecodeError):
        raise SettingError("VOUCHLINE_SECRETS_DIR: a file in it cannot be read as text") from None
    return {name: text for name, text in texts.items() if text and _is_ours(name)}


def _with_defaults(values: dict[str, str], sources: dict[str, str]) -> dict[str, str]:
    """Fill what depends on other settings; a secret key that is made here enters `sources`."""
    folder = Path(values.get("VOUCHLINE_DATA_DIR", "var")).absolute()
    written = values.get("PORT", "")
    port = int(written) if written.isascii() and written.isdigit() and 0 < int(written) < 65536 else 8000
    development = values.get("VOUCHLINE_ENV") == "development"
    filled = {"DATABASE_URL": f"sqlite:///{folder / 'vouchline.db'}", **values, "VOUCHLINE_DATA_DIR": str(folder)}
    filled.setdefault("VOUCHLINE_SIMULATOR_PORT", str(port + 1 if port < 65535 else port - 1))
    # Production judges an absent PUBLIC_URL by its own rule; until then it needs a form that parses.
    filled.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    if development and "VOUCHLINE_SECRET_KEY" not in values:
        filled["VOUCHLINE_SECRET_KEY"] = _own_key(folder)
        sources |= {"VOUCHLINE_SECRET_KEY": "generated in the data folder"}
    return filled


def _own_key(folder: Path) -> str:
    """The development key, made once; of two processes that start together one wins and both use its key."""
    path = folder / "secret.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".secret.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(f"{secrets.token_urlsafe(48)}\n")
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def _parse(values: Mapping[str, str]) -> Settings:
    try:
        return Settings.model_validate(dict(values))
    except ValidationError as error:
        faults = [
            f"{item['loc'][0]}: {_reason(item['type'], item['msg'])}" for item in error.errors(include_input=False)
        ]
        raise _error(faults) from None


def _reason(kind: str, message: str) -> str:
    return "holds two values at most" if kind == "too_long" else message.removeprefix("Value error, ")


def _faults(settings: Settings) -> list[str]:
    """Rules between settings that hold everywhere."""
    rules = {
        "VOUCHLINE_SIMULATOR_PORT: must differ from PORT": settings.simulator_port == settings.port,
        "VOUCHLINE_BIND: development serves this machine alone, needs 127.0.0.1": settings.is_development
        and not forms.is_loopback(settings.bind),
        "TWILIO_API_SECRET: belongs with TWILIO_API_KEY, set both or none": (settings.api_key is None)
        != (settings.api_secret is None),
        "VOUCHLINE_SECRET_KEY: needs at least 32 bytes": any(len(key) < 32 for key in settings.masters),
        "VOUCHLINE_SECRET_KEY: holds the same secret twice": len(set(settings.masters)) < len(settings.masters),
    }
    return [sentence for sentence, broken in rules.items() if broken]


def _production_faults(settings: Settings) -> list[str]:
    """What production refuses to start with."""
    given = settings._sources  # noqa: SLF001
    needed = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SMTP_URL", "PUBLIC_URL", "VOUCHLINE_SECRET_KEY")
    addresses = ("VOUCHLINE_TEXT_FROM", "VOUCHLINE_VOICE_FROM", "VOUCHLINE_MAIL_FROM")
    missing = [f"{name}: is needed in production" for name in (*needed, *addresses) if name not in given]
    if "VOUCHLINE_PRESET" not in given:
        missing.append("VOUCHLINE_PRESET: production must name it: standard, strict or high")
    host_is_local = forms.is_loopback(forms.host(settings.api_base_url))
    rules = {
        "PUBLIC_URL: needs https in production": "PUBLIC_URL" in given and not settings.public_url.startswith("https:"),
        "VOUCHLINE_CLOCK: a simulated clock is for development only": settings.clock is not None,
        "VOUCHLINE_SECRET_KEY: is a sample or far too regular, make one with `openssl rand -base64 48`": any(
            len(set(key)) < 12 or b"change" in key.lower() or b"example" in key.lower() for key in settings.masters
        ),
        "VOUCHLINE_SECRET_KEY: the key in the data folder is for development only": settings.masters
        and _lies_in(settings.data_dir, settings.masters),
        "TWILIO_API_BASE_URL: needs https, the account's token travels with each request": not host_is_local
        and not settings.api_base_url.startswith("https:"),
    }
    return [*missing, *(sentence for sentence, broken in rules.items() if broken)]


def _lies_in(folder: Path, masters: tuple[bytes, ...]) -> bool:
    path = folder / "secret.key"
    return path.is_file() and path.read_bytes().strip() in masters


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        return forms.without_password(text) if "://" in text else "set"
    if isinstance(value, tuple):
        secret = bool(value) and isinstance(value[0], SecretStr)
        return f"set ({len(value)})" if secret else ", ".join(value)
    return "" if value is None else str(value)


def _error(faults: list[str]) -> SettingError:
    return SettingError("\n".join(["The settings cannot be used:", *(f"  {fault}" for fault in faults)]))
