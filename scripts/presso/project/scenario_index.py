"""Writes the index of the checkout's scenarios: `python -m presso.project.scenario_index`."""

import sys

from presso.project.generated import ROOT, keep
from presso.simulation import scenario_index, scenarios


def main(arguments: list[str]) -> int:
    """Write the file; with `--check`, return 1 when it is stale."""
    folder = scenarios.folder(ROOT)
    file = (folder / scenario_index.FILE).relative_to(ROOT)
    return keep(ROOT, file, scenario_index.text(folder), "presso.project.scenario_index", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
