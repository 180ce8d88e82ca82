"""The source of the project as data, for the guard tests."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent

# Left may import right (docs/architecture.md); `simulator` stands apart.
HOUSE = (
    "app",
    "console",
    "ivr",
    "desk",
    "verification",
    "directory",
    "carrier",
    "speech",
    "audit",
    "core",
)


@dataclass(frozen=True)
class Module:
    """One file of Python."""

    path: Path

    @cached_property
    def place(self) -> str:
        return self.path.relative_to(PROJECT).as_posix()

    @cached_property
    def name(self) -> str:
        return ".".join(self.path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> tuple[tuple[int, str], ...]:
        """Line and dotted name of everything imported anywhere in the file; `from a import b` is `a.b`."""
        return tuple(_imports(self.tree))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@cache
def product() -> tuple[Module, ...]:
    """The shipped code: the house and the simulator."""
    folders = [PROJECT / name for name in (*HOUSE, "simulator") if (PROJECT / name).is_dir()]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    app = PROJECT / "app.py"
    return tuple(Module(file) for file in [*files, *([app] if app.is_file() else [])])


@cache
def committed() -> tuple[Path, ...]:
    """Every file that is or would be committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    return tuple(path for name in listed.split("\0") if name and (path := PROJECT / name).is_file())


def text_of(path: Path) -> str | None:
    """The file's text; nothing for a file that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
