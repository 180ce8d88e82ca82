"""Reading a directory file: strict JSON of one of the two forms, with every fault listed and its place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.errors import Fault
from directory import expressions
from directory.forms import Clouds, SupportEntry
from directory.merging import REGIONAL_OPERATOR

MAX_BYTES = 5_000_000

_ENTRIES = TypeAdapter(list[SupportEntry])
_CLOUDS = TypeAdapter(Clouds)
_MOST_FAULTS = 200

Row = dict[str, Any]


def read(name: str, content: bytes, others: Sequence[Any]) -> Any:
    """The body of a file that may stand beside `others` (bodies). Raises `Fault`."""
    body = _decode(name, content)
    if found := list(_faults(body, others)):
        raise Fault(f"{name} is refused", found[:_MOST_FAULTS])
    return body


def entries(body: Any) -> list[SupportEntry]:
    """The regions of a body that was read; none where it is of the other form."""
    return _ENTRIES.validate_python(body) if isinstance(body, list) else []


def clouds(body: Any) -> list[Clouds]:
    """The clouds of a body that was read, a list of one or none."""
    return [_CLOUDS.validate_python(body)] if isinstance(body, dict) else []


def _decode(name: str, content: bytes) -> Any:
    """JSON without duplicate keys, which Python would pass over in silence."""
    if len(content) > MAX_BYTES:
        raise Fault(f"{name} is refused", [f"{len(content)} bytes, at most {MAX_BYTES} are read"])
    try:
        body = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_without_duplicates)
    except UnicodeDecodeError as error:
        raise Fault(f"{name} is refused", [f"byte {error.start}: not UTF-8"]) from None
    except json.JSONDecodeError as error:
        raise Fault(f"{name} is refused", [f"line {error.lineno}, column {error.colno}: {error.msg}"]) from None
    except RecursionError:
        raise Fault(f"{name} is refused", ["nested too deeply"]) from None
    except _DuplicateKeyError as error:
        raise Fault(f"{name} is refused", [str(error)]) from None
    if not isinstance(body, list | dict):
        raise Fault(f"{name} is refused", ["neither a list of regions nor an object of clouds"])
    return body


class _DuplicateKeyError(ValueError):
    """A key stands twice in one object."""


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    counted = Counter(key for key, _ in pairs)
    if twice := [key for key, count in counted.items() if count > 1]:
        raise _DuplicateKeyError(f"the key {twice[0]!r} stands twice in one object ({_sketch(dict(pairs))})")
    return dict(pairs)


def _sketch(item: dict[str, Any]) -> str:
    return next((f"{key} {item[key]!r}" for key in ("id", "operator", "printed") if key in item), "without an id")


def _faults(body: Any, others: Sequence[Any]) -> Iterator[str]:
    """Every fault with its place: of form first, then of what only the whole shows."""
    adapter: TypeAdapter[Any] = _ENTRIES if isinstance(body, list) else _CLOUDS
    try:
        adapter.validate_python(body)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            yield f"{_place(body, fault['loc'])}: {fault['msg'].removeprefix('Value error, ')}"
    if isinstance(body, list):
        yield from _entry_faults(body, others)
    else:
        yield from _cloud_faults(body, others)


def _place(body: Any, where: tuple[int | str, ...]) -> str:
    """`entry 12 (saint-barthelemy).numbers[0].e164`."""
    parts = list(where)
    first = parts[0] if parts else None
    named = ""
    if isinstance(body, list) and isinstance(first, int):
        entry = body[first]
        key = entry.get("id", "without an id") if isinstance(entry, dict) else "not an object"
        named, parts = f"entry {first + 1} ({key})", parts[1:]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return (named + text).removeprefix(".") or "the whole file"


def _entry_faults(body: list[Any], others: Sequence[Any]) -> Iterator[str]:
    if not any(isinstance(other, dict) for other in others):
        yield "the whole file: the clouds must be loaded first, regional lines belong to one of them"
    entries = [(index, entry) for index, entry in enumerate(body, 1) if isinstance(entry, dict)]
    elsewhere = {entry["id"] for other in others if isinstance(other, list) for entry in other}
    counted = Counter(str(entry.get("id")) for _, entry in entries)
    for index, entry in entries:
        place = f"entry {index} ({entry.get('id', 'without an id')})"
        if counted[str(entry.get("id"))] > 1:
            yield f"{place}.id: stands {counted[str(entry.get('id'))]} times"
        if entry.get("id") in elsewhere:
            yield f"{place}.id: is in another file already"
        yield from (f"{place}.{fault}" for fault in _inner_faults(entry))


def _inner_faults(entry: Row) -> Iterator[str]:
    numbers = [number for number in _list(entry, "numbers") if isinstance(number, dict)]
    lines = Counter(str(number.get("e164") or number.get("printed")) for number in numbers)
    yield from (f"numbers: {line} stands {count} times" for line, count in lines.items() if count > 1)
    for desk in ("billing", "technical"):
        for index, hours in enumerate(_list(entry, desk)):
            text = hours.get("hours_osm") if isinstance(hours, dict) else None
            country = entry.get("region")
            # Only the holidays depend on the region; whatever else is wrong was said by the form.
            if isinstance(text, str) and isinstance(country, str) and expressions.check(text, "US") is None:
                fault = expressions.check(text, country)
                yield from (f"{desk}[{index}].hours_osm: {each}" for each in [fault] if each)


def _cloud_faults(body: Row, others: Sequence[Any]) -> Iterator[str]:
    sources = Counter(source.get("id") for source in _list(body, "sources") if isinstance(source, dict))
    clouds = [cloud for cloud in _list(body, "operators") if isinstance(cloud, dict)]
    operators = Counter(cloud.get("operator") for cloud in clouds)
    lines = Counter(line.get("id") for cloud in clouds for line in _list(cloud, "lines") if isinstance(line, dict))
    for kind, counted in (("sources", sources), ("operators", operators), ("lines", lines)):
        yield from (f"{kind}: {key!r} stands {count} times" for key, count in counted.items() if count > 1)
    for place, source in _named_sources(body):
        if source not in sources:
            yield f"{place}: {source!r} is no source of this file"
    for cloud in clouds:
        heir = cloud.get("hand_over_to")
        if heir is not None and heir not in operators:
            yield f"operators ({cloud.get('operator')}).hand_over_to: {heir!r} is no operator of this file"
    elsewhere = {cloud["operator"] for other in others if isinstance(other, dict) for cloud in other["operators"]}
    yield from (f"operators: {name!r} is in another file already" for name in operators if name in elsewhere)
    if REGIONAL_OPERATOR not in elsewhere | operators.keys():
        yield f"operators: {REGIONAL_OPERATOR!r} is missing, to which the regional lines belong"


def _named_sources(item: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every source that is named anywhere, with the place where it is."""
    if isinstance(item, list):
        for index, each in enumerate(item):
            yield from _named_sources(each, f"{place}[{index}]")
    elif isinstance(item, dict):
        for key, value in item.items():
            if key in {"sources", "languages_source"} and place:
                yield from ((f"{place}.{key}", name) for name in value or () if isinstance(name, str))
            elif key == "source" and isinstance(value, str):
                yield f"{place}.{key}", value
            else:
                yield from _named_sources(value, f"{place}.{key}".removeprefix("."))


def _list(item: Row, key: str) -> list[Any]:
    value = item.get(key)
    return value if isinstance(value, list) else []
