"""Who may import whom, and which library belongs to which room."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.support.source import HOUSE, Module, product

# A library -> where it may be imported, as prefixes of module names.
HOMES = {
    "twilio": ("carrier",),
    "requests": ("carrier", "core.clock", "simulator"),
    "smtplib": ("carrier",),
    "phonenumbers": ("directory", "verification.spending", "simulator"),
    "flask": ("app", "console", "ivr", "core.probes", "simulator"),
    "alembic": ("core.migrate",),
    "random": ("simulator",),
    "pickle": (),
    "marshal": (),
    "app": (),
}
# Names whose call reads the machine's time or zone.
TIME = {"now", "utcnow", "today", "utcfromtimestamp"}


@pytest.fixture(params=product(), ids=lambda module: module.place)
def module(request: pytest.FixtureRequest) -> Module:
    found: Module = request.param
    return found


def test_imports_go_one_way(module: Module) -> None:
    if module.package == "simulator":
        allowed: tuple[str, ...] = ("simulator",)
    else:
        allowed = HOUSE[HOUSE.index(module.package) :]
        # The composition root registers the simulator's commands; it reaches its insides no more than the rest.
        allowed += ("simulator", "migrations") if module.package == "app" else ()
    ours = {*HOUSE, "simulator", "migrations", "tests"}
    wrong = [f"line {line}: {name}" for line, name in module.imports if _top(name) in ours - set(allowed)]
    assert not wrong


def test_imports_stand_at_the_top_and_are_absolute(module: Module) -> None:
    inside = [
        f"line {inner.lineno} in {function.name}"
        for function in module.functions()
        for inner in ast.walk(function)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert not inside
    assert not [name for _, name in module.imports if name.startswith(".")]


def test_libraries_are_imported_where_they_belong(module: Module) -> None:
    wrong = [
        f"line {line}: {name} belongs to {', '.join(homes) or 'nobody'}"
        for line, name in module.imports
        if (homes := HOMES.get(_top(name))) is not None
        if not any(f"{module.name}.".startswith(f"{home}.") for home in homes)
    ]
    assert not wrong


def test_nobody_takes_what_another_package_keeps_to_itself(module: Module) -> None:
    private = [
        f"line {line}: {name}"
        for line, name in module.imports
        if _top(name) in HOUSE and _top(name) != module.package
        if any(part.startswith("_") and part != "__version__" for part in name.split("."))
    ]
    assert not private


def test_time_comes_from_the_clock(module: Module) -> None:
    if module.name == "core.clock" or module.package == "simulator":
        return
    assert not list(_readings(module.tree))


def test_the_simulator_reads_the_machines_clock_in_one_place() -> None:
    readers = {module.name for module in product() if module.package == "simulator" and list(_readings(module.tree))}
    assert readers <= {"simulator.model", "simulator.phone_api"}


def test_modules_do_not_import_each_other_in_circles() -> None:
    modules = {module.name: module for module in product()}
    edges = {name: {_known(target, modules) for _, target in module.imports} for name, module in modules.items()}
    finished: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name not in finished:
            for target in edges[name] - {None, name}:
                visit(str(target), (*path, name))
            finished.add(name)

    for name in modules:
        visit(name, ())


def _known(name: str, modules: dict[str, Module]) -> str | None:
    """The module that an imported name is, or lies in."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def _readings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="datetime" | "date"), attr=attr) if attr in TIME:
                yield f"line {node.lineno}: {attr}"
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id="datetime")), attr=attr) if attr in TIME:
                yield f"line {node.lineno}: {attr}"
            case ast.Attribute(value=ast.Name(id="time"), attr="time" | "time_ns" | "localtime" | "gmtime"):
                yield f"line {node.lineno}: time"


def _top(name: str) -> str:
    return name.partition(".")[0]
