"""`python -m simulator`: the carrier on a port of its own, until it is interrupted."""

import signal
import threading

import click

from simulator.server import start
from simulator.settings import DEFAULT_ACCOUNT, DEFAULT_TOKEN, Settings


def _first(value: str) -> str:
    """Several tokens stand there while one is replaced by the next; the first one signs."""
    return value.partition(",")[0].strip()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, envvar="VOUCHLINE_SIMULATOR_PORT")
@click.option("--voice-url", help="Where calls are asked about. Default: /voice/incoming of PUBLIC_URL.")
@click.option("--status-url", help="Where the end of a call is told.")
@click.option("--fallback-url", help="Asked when the voice URL fails.")
@click.option("--public-url", envvar="PUBLIC_URL", help="The origin the service believes it has; it is what is signed.")
@click.option("--account-sid", envvar="TWILIO_ACCOUNT_SID", default=DEFAULT_ACCOUNT)
@click.option("--auth-token", envvar="TWILIO_AUTH_TOKEN", default=DEFAULT_TOKEN)
@click.option("--api-key", envvar="TWILIO_API_KEY", default="")
@click.option("--api-secret", envvar="TWILIO_API_SECRET", default="")
@click.option("--speed", default=1.0, show_default=True, help="Divides every duration.")
@click.option("--patient/--impatient", default=True, help="Whether pauses and speech take time.")
def main(
    *,
    host: str,
    port: int,
    voice_url: str | None,
    status_url: str | None,
    fallback_url: str | None,
    public_url: str | None,
    account_sid: str,
    auth_token: str,
    api_key: str,
    api_secret: str,
    speed: float,
    patient: bool,
) -> None:
    """A telephone carrier for any TwiML service."""
    if not voice_url and not public_url:
        raise click.UsageError("--voice-url or PUBLIC_URL is needed")
    try:
        settings = Settings(
            voice_url=voice_url or f"{(public_url or '').rstrip('/')}/voice/incoming",
            status_url=status_url,
            fallback_url=fallback_url,
            public_url=public_url,
            account_sid=account_sid,
            auth_token=_first(auth_token),
            api_key=api_key,
            api_secret=api_secret,
            speed=speed,
            patient=patient,
        )
        running = start(settings, host=host, port=port)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"simulator: {running.url} calls {settings.voice_url}")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    running.stop()


if __name__ == "__main__":
    main()
