"""The real crawl process, which says on standard error what it imported after it had given up root."""

from __future__ import annotations

import os
import sys

from spiders import isolation, run

before: set[str] = set()
give_up_root = isolation.give_up_root


def remember_modules() -> str:
    before.update(sys.modules)
    return give_up_root()


isolation.give_up_root = remember_modules

if __name__ == "__main__":
    code = run.main()
    sys.stderr.write(f"imported late: {sorted(set(sys.modules) - before)}\n")
    sys.stderr.flush()
    os._exit(code)
