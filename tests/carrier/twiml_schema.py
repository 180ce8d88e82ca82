"""Twilio's TwiML schema, loaded without a network and extended in memory by what it is too old to know.

The schema is of 2018. Each addition below is in Twilio's present documentation and is used by the service; whatever is
not listed stays refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

FOLDER = Path("vendor-data") / "twiml-xsd"
MAIN = "twiml_v20100401_twilioRealtimeCallSchema.xsd"

_XS = "{http://www.w3.org/2001/XMLSchema}"

# The speech schema imports this from the W3C's server; these attributes are all it takes from there.
_XML_XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
<xs:attribute name="lang" type="xs:string"/><xs:attribute name="base" type="xs:anyURI"/>
<xs:attribute name="id" type="xs:ID"/></xs:schema>"""


@dataclass(frozen=True)
class Addition:
    """XML to append at a place of the main schema, and the page that documents it."""

    place: str
    xml: str
    reason: str


ADDITIONS = (
    Addition(
        'complexType[@name="responseType"]//{xs}choice',
        '<xs:element name="Leave" type="EchoType"/>',
        "twilio.com/docs/voice/twiml/leave: ends the waiting of an Enqueue; empty, as EchoType is",
    ),
    Addition(
        'complexType[@name="conferenceType"]//{xs}extension',
        '<xs:attribute name="participantLabel" type="xs:string"/>',
        "twilio.com/docs/voice/twiml/conference: addresses a participant by name in the REST API",
    ),
)

# twilio.com/docs/voice/twiml/say/text-speech: neural and generative voices of Polly, and Google's voices.
VOICES = (
    r"man|woman|Polly\.[A-Z][a-z]+(-Neural|-Generative)?"
    r"|Google\.[a-z]{2,3}-[A-Z]{2}-(Standard|Wavenet|Neural2|Chirp3-HD)-[A-Za-z]+"
)


class _Offline(etree.Resolver):  # type: ignore[misc]  # lxml is untyped
    """Reads neighbours from the folder; nothing comes from the network."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def resolve(self, url: str, _public_id: str, context: Any) -> Any:
        name = url.rpartition("/")[2]
        if name == "xml.xsd":
            return self.resolve_string(_XML_XSD, context)
        return self.resolve_string((self._folder / name).read_bytes(), context)


def load(shared: Path) -> etree.XMLSchema:
    """The extended schema; `shared` is the folder that holds the vendor data."""
    folder = shared / FOLDER
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Offline(folder))
    tree = etree.fromstring((folder / MAIN).read_bytes(), parser, base_url=MAIN).getroottree()
    for addition in ADDITIONS:
        place = tree.getroot().find(f".//{_XS}" + addition.place.format(xs=_XS))
        place.append(etree.fromstring(addition.xml.replace("/>", f' xmlns:xs="{_XS[1:-1]}"/>')))
    tree.getroot().find(f'.//{_XS}simpleType[@name="voiceType"]//{_XS}pattern').set("value", VOICES)
    return etree.XMLSchema(tree)


def faults(schema: etree.XMLSchema, document: bytes) -> list[str]:
    """What the schema has against a document; nothing for a valid one."""
    parsed = etree.fromstring(document, etree.XMLParser(no_network=True, resolve_entities=False))
    return [] if schema.validate(parsed) else [str(entry.message) for entry in schema.error_log]
