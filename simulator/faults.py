"""Faults on demand: what the REST face does wrong with the next requests, so that a test can show what follows."""

import threading
from dataclasses import dataclass

KINDS = frozenset({"500", "429", "hang", "lost-answer", "undelivered", "failed"})
TARGETS = frozenset({"messages", "calls", "queues", "conferences"})


@dataclass(slots=True)
class Fault:
    """`kind` 500, 429: refused, nothing done. hang: no answer for `seconds`, nothing done. lost-answer: done, then no
    answer for `seconds`. undelivered, failed (messages only): accepted, then that status with `code`.
    """

    target: str
    kind: str
    times: int = 1
    code: int = 30003
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.target not in TARGETS or self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.target} {self.kind}")


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, target: str, kinds: frozenset[str]) -> Fault | None:
        """Uses up one turn of the oldest fault that fits."""
        with self._lock:
            fault = next((one for one in self._faults if one.target == target and one.kind in kinds), None)
            if fault is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
            return fault
