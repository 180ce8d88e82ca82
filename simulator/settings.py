"""What one simulated network is told at its start."""

from dataclasses import dataclass

DEFAULT_ACCOUNT = "AC" + "0" * 31 + "1"
DEFAULT_TOKEN = "0" * 32


@dataclass(frozen=True, slots=True)
class Settings:
    """`speed` divides every duration (rings, Gather time-outs, waiting music). Without `patient`, pauses and
    speech outside waiting rooms take no time. `public_url` is the origin the service believes it has: it is
    signed, while the request goes to the origin of `voice_url`.
    """

    voice_url: str
    status_url: str | None = None
    fallback_url: str | None = None
    public_url: str | None = None
    account_sid: str = DEFAULT_ACCOUNT
    auth_token: str = DEFAULT_TOKEN
    api_key: str = ""  # an API key and its secret are taken by the REST face as well
    api_secret: str = ""
    speed: float = 1.0
    patient: bool = False
    webhook_timeout: float = 15.0  # Twilio's own ceiling for every call-related request

    def __post_init__(self) -> None:
        if self.speed <= 0:
            raise ValueError("speed must be above 0")

    def seconds(self, nominal: float) -> float:
        return nominal / self.speed
