"""What `presso check --level static` costs for each extension when it checks many: CPU time, with its start.

The extensions are those of the checkout, in copies of their folders: Python must read each of them anew. The
ratio is that of many to one: what is read once for all of them is not paid for each.

Run: .venv/bin/python benchmarks/static_check.py [COPIES]
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from apply_overhead import cpu_seconds

from presso.workspace import Workspace

TARGET = 0.2


def main() -> int:
    """Measure, print, and return 1 when an extension costs more than the target."""
    copies = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    checkout = Workspace.find()
    with tempfile.TemporaryDirectory(prefix="presso-bench-") as name:
        folder = Path(name).resolve()
        paths = []
        for number in range(copies):
            for extension in sorted(path for path in checkout.extensions.iterdir() if path.is_dir()):
                copied = shutil.copytree(extension, folder / str(number) / extension.name)
                text = (copied / "main.tf").read_text(encoding="utf-8")
                (copied / "main.tf").write_text(f"{text}\n# Copy {number}.\n", encoding="utf-8")
                paths.append(str(copied))
        env = {**os.environ, "PRESSO_HOME": str(folder / "home")}

        def seconds(checked: list[str]) -> float:
            line = [sys.executable, "-m", "presso", "check", "--level", "static", *checked]
            return cpu_seconds(line, env, checkout.root) / len(checked)

        one, many = seconds(paths[:1]), seconds(paths)
    print(f"one extension: {one:.2f} s CPU")
    print(f"{len(paths)} extensions: {many:.2f} s CPU each (target {TARGET}), ratio {many / one:.2f}")
    return int(many > TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
