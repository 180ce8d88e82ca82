"""Languages: what is said, in words that sound right in each of them."""

from speech.languages import catalogue_for, catalogues, has_catalogue, own_name, spoken_for
from speech.messages import Count, Date, Digits, Kind, Listing, Message, Moment, Name, Param, Prose, say
from speech.speaking import MissingParamError, UnknownMessageError, speak
from speech.texts import DoesNotFitError, fit, fits_text
from speech.voices import NoVoiceError, Voice, can_speak, voice_for

__all__ = [
    "Count",
    "Date",
    "Digits",
    "DoesNotFitError",
    "Kind",
    "Listing",
    "Message",
    "MissingParamError",
    "Moment",
    "Name",
    "NoVoiceError",
    "Param",
    "Prose",
    "UnknownMessageError",
    "Voice",
    "can_speak",
    "catalogue_for",
    "catalogues",
    "fit",
    "fits_text",
    "has_catalogue",
    "own_name",
    "say",
    "speak",
    "spoken_for",
    "voice_for",
]
