"""Settings: what stops the start, what is said, and what is never said."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from core.errors import SettingError
from core.settings import Settings, describe, load

KEY = "sX4mQ9vT2bL7nR1cZ8kW5jH3gF6dP0yA"
TOKEN = "b9d1f0c6a2e84757831fe5d60c9a47b2"


def production(tmp_path: Path, **changes: str) -> dict[str, str]:
    """An environment that production accepts, with changes; an empty text takes a name away."""
    return {
        "VOUCHLINE_PRESET": "strict",
        "VOUCHLINE_DATA_DIR": str(tmp_path),
        "VOUCHLINE_SECRET_KEY": KEY,
        "PUBLIC_URL": "https://calls.example.com",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "SMTP_URL": "smtp://post:hidden-word@mail.example.com:587",
        "VOUCHLINE_MAIL_FROM": "Support <support@example.com>",
        "VOUCHLINE_TEXT_FROM": "MG" + "a" * 32,
        "VOUCHLINE_VOICE_FROM": "+18008659408",
    } | changes


def development(tmp_path: Path, **changes: str) -> Settings:
    return load({"VOUCHLINE_ENV": "development", "VOUCHLINE_DATA_DIR": str(tmp_path)} | changes)


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingError) as caught:
        load(environ)
    return str(caught.value)


def test_a_complete_production_environment_is_accepted(tmp_path: Path) -> None:
    settings = load(production(tmp_path))
    assert (settings.environment, settings.preset, settings.port) == ("production", "strict", 8000)
    assert settings.masters == (KEY.encode(),)


def test_nothing_said_means_production(tmp_path: Path) -> None:
    assert "is needed in production" in refusal({"VOUCHLINE_DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    "name",
    [
        "VOUCHLINE_PRESET",
        "VOUCHLINE_SECRET_KEY",
        "PUBLIC_URL",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "SMTP_URL",
        "VOUCHLINE_MAIL_FROM",
        "VOUCHLINE_TEXT_FROM",
        "VOUCHLINE_VOICE_FROM",
    ],
)
def test_production_names_what_is_missing_and_nothing_else(tmp_path: Path, name: str) -> None:
    said = refusal(production(tmp_path, **{name: " "})).splitlines()[1:]
    assert [line.split(":")[0].strip() for line in said] == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "http://calls.example.com"),
        ("VOUCHLINE_CLOCK", "http://127.0.0.1:8001/clock"),
        ("VOUCHLINE_SECRET_KEY", "a" * 64),
        ("VOUCHLINE_SECRET_KEY", "please-change-me-before-you-start-0123456789"),
        ("VOUCHLINE_SECRET_KEY", KEY[:31]),
        ("TWILIO_API_BASE_URL", "http://api.example.com"),
    ],
)
def test_production_refuses_what_only_development_may_do(tmp_path: Path, name: str, value: str) -> None:
    said = refusal(production(tmp_path, **{name: value}))
    assert [line.split(":")[0].strip() for line in said.splitlines()[1:]] == [name]


def test_production_refuses_the_key_that_development_made(tmp_path: Path) -> None:
    made = development(tmp_path).masters[0].decode()
    assert "data folder" in refusal(production(tmp_path, VOUCHLINE_SECRET_KEY=made))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VOUCHLINE_ENV", "staging"),
        ("VOUCHLINE_PRESET", "lax"),
        ("VOUCHLINE_OPERATORS", "world wide"),
        ("VOUCHLINE_COUNTRIES", "USA"),
        ("VOUCHLINE_DAILY_SPEND", "-1"),
        ("VOUCHLINE_DAILY_SPEND", "NaN"),
        ("VOUCHLINE_PIN_MINUTES", "11"),
        ("VOUCHLINE_BIND", "127.0.0.1/8"),
        ("VOUCHLINE_CLOCK", "http://clock.example.com/"),
        ("VOUCHLINE_TEXT_FROM", "Contoso"),
        ("VOUCHLINE_VOICE_FROM", "8008659408"),
        ("VOUCHLINE_FALLBACK_NUMBER", "+1 800 865 9408"),
        ("VOUCHLINE_MAIL_FROM", "support"),
        ("VOUCHLINE_SIMULATOR_PORT", "8000"),
        ("VOUCHLINE_SECRETS_DIR", "no-such-folder"),
        ("PORT", "65536"),
        ("PORT", "eight"),
        ("PORT", "٨٠٠٠٠٠"),
        ("PUBLIC_URL", "calls.example.com"),
        ("PUBLIC_URL", "https://calls.example.com:99999"),
        ("PUBLIC_URL", "https://calls.example.com/?a=b"),
        ("DATABASE_URL", "mysql://root@localhost/vouchline"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "postgresql://localhost"),
        ("REDIS_URL", "localhost:6379"),
        ("SMTP_URL", "mail.example.com"),
        ("TWILIO_ACCOUNT_SID", "AC123"),
        ("TWILIO_API_KEY", "SK" + "0" * 32),
        ("TWILIO_AUTH_TOKEN", "one,two,three"),
        ("VOUCHLINE_SECRET_KEY", f"{KEY},{KEY}"),
    ],
)
def test_a_value_that_does_not_parse_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    base = {"VOUCHLINE_ENV": "development", "VOUCHLINE_DATA_DIR": str(tmp_path), "VOUCHLINE_SECRET_KEY": KEY}
    said = refusal(base | {name: value}).splitlines()[-1]
    assert name in said


def test_every_fault_is_listed_at_once(tmp_path: Path) -> None:
    said = refusal({"VOUCHLINE_ENV": "development", "VOUCHLINE_DATA_DIR": str(tmp_path), "PORT": "x", "SMTP_URL": "x"})
    assert "PORT:" in said
    assert "SMTP_URL:" in said


def test_a_secret_in_the_wrong_place_is_not_echoed(tmp_path: Path) -> None:
    said = refusal(production(tmp_path, TWILIO_ACCOUNT_SID=TOKEN, DATABASE_URL="postgres//u:hidden-word@h/d"))
    assert TOKEN not in said
    assert "hidden-word" not in said


def test_an_unknown_setting_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    said = refusal(production(tmp_path, VOUCHLINE_OPERATOR="worldwide"))
    assert "VOUCHLINE_OPERATOR: there is no such setting; did you mean VOUCHLINE_OPERATORS?" in said


def test_names_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    load(production(tmp_path, TWILIO_REGION="ie1", HOME="/", VOUCHLINE_TEST_POSTGRES="x", VOUCHLINE_SHARED="x"))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_the_same_driver(tmp_path: Path, scheme: str) -> None:
    settings = development(tmp_path, DATABASE_URL=f"{scheme}://u:p@db.example.com:5433/calls?sslmode=require")
    assert settings.database == "postgresql+psycopg://u:p@db.example.com:5433/calls?sslmode=require"


def test_the_database_lies_in_the_data_folder_unless_said_otherwise(tmp_path: Path) -> None:
    assert development(tmp_path).database == f"sqlite:///{tmp_path}/vouchline.db"


def test_lists_are_written_with_commas(tmp_path: Path) -> None:
    settings = development(tmp_path, VOUCHLINE_OPERATORS="worldwide, 21vianet,", VOUCHLINE_COUNTRIES="de,us")
    assert (settings.operators, settings.countries) == (("worldwide", "21vianet"), ("DE", "US"))


def test_two_tokens_are_valid_during_a_rotation(tmp_path: Path) -> None:
    tokens = load(production(tmp_path, TWILIO_AUTH_TOKEN=f"{TOKEN},older")).auth_tokens
    assert [token.get_secret_value() for token in tokens] == [TOKEN, "older"]


def test_the_simulator_listens_beside_the_service(tmp_path: Path) -> None:
    settings = development(tmp_path, PORT="9100")
    assert (settings.simulator_port, settings.public_url) == (9101, "http://127.0.0.1:9100")


def test_development_serves_this_machine_alone(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="VOUCHLINE_BIND"):
        development(tmp_path, VOUCHLINE_BIND="0.0.0.0")


def test_development_makes_its_key_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = development(tmp_path), development(tmp_path)
    assert first.masters == second.masters
    assert len(first.masters[0]) >= 32
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


def test_secret_files_are_read_and_the_environment_rules_over_them(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "vouchline_secret_key").write_text(f"{KEY}\n")
    (folder / "SMTP_URL").write_text("smtps://mail.example.com")
    (folder / "unrelated").write_text("x")
    changes = {"VOUCHLINE_SECRETS_DIR": str(folder), "VOUCHLINE_SECRET_KEY": ""}
    settings = load(production(tmp_path / "data", **changes))
    assert settings.masters == (KEY.encode(),)
    assert settings.smtp_url is not None
    assert settings.smtp_url.get_secret_value().startswith("smtp://")


def test_dotenv_is_read_in_development_only(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f'PORT="9000"\nVOUCHLINE_SECRET_KEY={KEY}\nEDITOR=vi\n')
    environ = {"VOUCHLINE_ENV": "development", "VOUCHLINE_DATA_DIR": str(tmp_path)}
    assert load(environ, dotenv=dotenv).port == 9000
    assert load(environ | {"PORT": "9500"}, dotenv=dotenv).port == 9500
    assert load(production(tmp_path), dotenv=dotenv).port == 8000


def test_dotenv_cannot_make_a_deployment_a_development_one(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("VOUCHLINE_ENV=development\n")
    with pytest.raises(SettingError, match="VOUCHLINE_ENV"):
        load({"VOUCHLINE_ENV": "development", "VOUCHLINE_DATA_DIR": str(tmp_path)}, dotenv=tmp_path / ".env")


def test_settings_are_described_with_their_source_and_without_their_secrets(tmp_path: Path) -> None:
    settings = load(production(tmp_path, DATABASE_URL="postgres://me:hidden-word@db/calls", PORT="8080"))
    shown = {row.name: (row.value, row.source) for row in describe(settings)}
    assert shown["DATABASE_URL"] == ("postgresql+psycopg://me:***@db/calls", "environment")
    assert shown["SMTP_URL"][0] == "smtp://post:***@mail.example.com:587"
    assert shown["TWILIO_AUTH_TOKEN"] == ("set (1)", "environment")
    assert shown["PORT"] == ("8080", "environment")
    assert shown["VOUCHLINE_PIN_MINUTES"] == ("5", "default")
    text = f"{shown}{settings!r}"
    assert not any(secret in text for secret in (KEY, TOKEN, "hidden-word"))


def test_settings_do_not_change(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        development(tmp_path).port = 1
