"""`make revision message="..."`: writes the next revision from what the models say and the last revision does not.

Read it before committing it: triggers, data and renamed columns are not seen by comparison.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from core.database import Database
from core.migrate import upgrade, write_revision
from migrations import models


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write('usage: make revision message="what changes"\n')
        return 2
    models.load()
    with TemporaryDirectory() as folder:
        scratch = Database(f"sqlite:///{Path(folder) / 'scratch.db'}")
        upgrade(scratch)
        write_revision(scratch, sys.argv[1])
        scratch.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
