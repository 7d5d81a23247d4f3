"""A platform with events of its own needs nothing of the coffee bar, and none of its words come up in it."""

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.parcels.conftest import Parcels, platform_in

from presso import tenants
from presso.catalog.bindings import LANGUAGES, generate
from presso.catalog.events import Catalog
from presso.catalog.exports import asyncapi, eventcatalog, openapi_document
from presso.catalog.exports.export_scope import Scope
from presso.errors import UsageError
from presso.gate.checks import all_checks
from presso.presenters import gate as gate_presenter
from presso.scaffold import new_extension, new_platform, platform_upgrade, updating
from presso.scaffold.answers import LANGUAGES as CODE
from presso.scaffold.answers import PATTERNS, Given
from presso.site.content import Content
from presso.site.pages import pages
from presso.units import unit_folder
from presso.units.unit import declared

pytestmark = pytest.mark.slow

OF_THE_BAR = re.compile(
    r"coffee|barista|drink|espresso|serverlesspresso|\borders?\b(?! (to|of|by|in)\b)|orderid|ordermanager",
    re.I,
)
# Texts about sequence, and a project's name in the licence and links.
_HARMLESS = re.compile(r"read in their order|in what order things|in the order|in any order|in order\b", re.I)


def words_of_the_bar(text: str) -> list[str]:
    """The lines of a text with words of the coffee bar."""
    return [line for line in text.splitlines() if OF_THE_BAR.search(_HARMLESS.sub("", line))]


def test_the_demo_proves_isolation_by_the_platforms_own_events(parcels: Parcels) -> None:
    done = parcels.presso("demo", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = json.loads(done.stdout)
    scenario = json.loads((parcels.root / "scenarios" / "morning.json").read_text())["events"]
    assert (shown["scenario"], shown["extension"], shown["events_leaked"]) == ("morning", "parcel-records", 0)
    assert shown["events_sent"] == shown["events_delivered"] == len(scenario)
    kinds = ("Intake.ParcelAccepted", "Sorting.ParcelRouted")
    wanted = sum(event["detail-type"] in kinds for event in scenario)
    assert shown["tenants"]["east"]["counted"].get("items") == wanted
    assert shown["tenants"]["west"]["counted"] == {}
    assert [check["what"] for check in shown["checks"] if not check["held"]] == []
    assert len(shown["checks"]) == 7
    assert words_of_the_bar(done.stdout) == []


def test_the_gate_refuses_what_is_not_of_this_platform_and_passes_its_extensions(parcels: Parcels) -> None:
    for name, (model, edits) in HOSTILE.items():
        hostile = parcels.workspace.extensions / name
        shutil.copytree(parcels.workspace.extensions / model, hostile)
        described = hostile / "extension.yaml"
        said = described.read_text().replace(f"name: {model}", f"name: {name}", 1)
        described.write_text(said.replace("DepotDigest.", "Forger."))
        text = (hostile / "main.tf").read_text()
        for old, new in edits.items():
            assert old in text, name
            text = text.replace(old, new)
        (hostile / "main.tf").write_text(text)
    try:
        done = parcels.presso("check", "--all", "--level", "static", "--json")
    finally:
        for name in HOSTILE:
            shutil.rmtree(parcels.workspace.extensions / name)
    reports = {report["extension"]: report for report in json.loads(done.stdout)}
    assert done.returncode == 1
    assert {name for name, report in reports.items() if report["passed"]} == {
        "parcel-records",
        "depot-digest",
    }
    found = {name: {finding["check"] for finding in reports[name]["findings"]} for name in HOSTILE}
    missed = {name: found[name] for name, wanted in REFUSED_BY.items() if wanted not in found[name]}
    assert missed == {}


HOSTILE = {
    "misspelt": ("parcel-records", {"ParcelAccepted": "ParcelAcepted", "ParcelRouted": "ParcelRoted"}),
    "of-the-bar": (
        "parcel-records",
        {
            "Intake.ParcelAccepted": "OrderManager.OrderCompleted",
            "Sorting.ParcelRouted": "OrderManager.MakeOrder",
        },
    ),
    "other-source": (
        "parcel-records",
        {"parcels.intake": "awsserverlessda.serverlesspresso", "parcels.sorting": "serverlesspresso.a"},
    ),
    "forger": ("depot-digest", {"[var.context.event_source] }": '["parcels.sorting"] }'}),
}
REFUSED_BY = {"misspelt": "P2-002", "of-the-bar": "P2-002", "other-source": "P2-002", "forger": "P1-019"}


def test_catalog_site_exports_and_code_are_about_parcels(parcels: Parcels) -> None:
    catalog = Catalog.load(parcels.workspace)
    assert {event.source for event in catalog.events} == {
        *("parcels.intake", "parcels.sorting", "parcels.extension.depot-digest")
    }
    texts = [page.text for page in pages(Content.load(parcels.workspace))]
    assert "Events of the parcel depot" in texts[0]
    scope = Scope.of(parcels.workspace, [])
    texts += eventcatalog.files(scope, "1.0.0").values()
    texts += [json.dumps(part.document(scope, "1.0.0")) for part in (asyncapi, openapi_document)]
    for language in LANGUAGES[:2]:
        texts += generate(catalog, ["Sorting.ParcelRouted"], language).values()
    assert [line for text in texts for line in words_of_the_bar(text)] == []


@pytest.mark.parametrize(
    "command", ["catalog list", "catalog show Sorting.ParcelRouted", "scenario list", "tenant show east"]
)
def test_commands_print_no_word_of_the_bar(parcels: Parcels, command: str) -> None:
    done = parcels.presso(*command.split())
    assert done.returncode == 0, done.stderr
    assert words_of_the_bar(done.stdout + done.stderr) == []


def test_units_get_the_platforms_sources_and_scenarios(parcels: Parcels) -> None:
    east = tenants.load(parcels.workspace, "east")
    documents = {str(unit): unit_folder.document(parcels.workspace, unit, east) for unit in declared([east])}
    player = documents["east"]["module"]["player"]
    assert (player["scenarios_dir"], player["default_source"]) == ("../../../scenarios", "parcels.intake")
    context = documents["east/parcel-records"]["module"]["context"]
    assert context["event_source_prefix"] == "parcels.extension."
    assert words_of_the_bar(json.dumps(documents)) == []


def test_every_pattern_of_the_scaffold_speaks_of_parcels(parcels: Parcels) -> None:
    for number, pattern in enumerate(PATTERNS):
        given = Given(
            name=f"pattern-{number}",
            author="Ada Lovelace",
            events=("Sorting.ParcelMissorted",),
            pattern=pattern,
            language=CODE[number % 2],
        )
        new_extension.new(parcels.workspace, given)
        folder = parcels.workspace.extensions / given.name
        lines = [
            f"{path.relative_to(folder)}: {line}"
            for path in sorted(folder.rglob("*"))
            if path.is_file()
            for line in words_of_the_bar(path.read_text())
        ]
        shutil.rmtree(folder)
        assert lines == [], pattern


def test_examples_of_checks_have_the_platforms_events(
    parcels: Parcels, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in all_checks():
        gate_presenter.explain(number, lambda: parcels.workspace)
    printed = capsys.readouterr().out
    assert "DepotDigest.Digest" in printed  # the first of the catalog
    assert re.findall("coffee|barista|drink|serverlesspresso|orderid|ordermanager", printed, re.I) == []


def test_the_files_of_init_have_no_word_of_the_bar(parcels: Parcels) -> None:
    own = [path for path in parcels.root.iterdir() if path.name not in {"modules", "cookiecutter-extension"}]
    files = [path for top in own for path in ([top] if top.is_file() else top.rglob("*")) if path.is_file()]
    shown = {
        path.relative_to(parcels.root).as_posix(): words_of_the_bar(path.read_text())
        for path in files
        if not {".presso", "extensions"} & {*path.relative_to(parcels.root).parts}
        and path.name != "presso.lock"
    }
    assert {name: lines for name, lines in shown.items() if lines and ".schemas" not in name} == {}
    for part in ("core", "event-catalog/events", "event-player/scenarios"):
        assert not (parcels.root / "modules" / part).exists()


def test_an_upgrade_keeps_the_platforms_own(tmp_path: Path) -> None:
    workspace = platform_in(tmp_path / "parcels")
    before = {
        path: path.read_bytes()
        for part in ("catalog", "scenarios", "tenants", "presso.yaml")
        for path in [workspace.root / part, *(workspace.root / part).rglob("*")]
        if path.is_file()
    }
    assert platform_upgrade.upgrade(workspace)[1] == updating.Merge()
    assert {path: path.read_bytes() for path in before} == before
    assert list(new_platform.faults(workspace.root)) == []


def test_the_coffee_bar_comes_to_a_platform_that_asks_for_it(tmp_path: Path) -> None:
    workspace = platform_in(tmp_path / "parcels")
    settings = workspace.root / "presso.yaml"
    settings.write_text(settings.read_text().replace("vocabulary:\n", "  bar: true\nvocabulary:\n"))
    merged = platform_upgrade.upgrade(workspace)[1]
    assert merged.is_complete
    assert "modules/core/main.tf" in merged.changed
    assert {"Intake.ParcelAccepted", "OrderManager.MakeOrder"} <= {*Catalog.load(workspace).names}
    assert list(new_platform.faults(workspace.root)) == []


def test_a_core_needs_the_coffee_bars_events(parcels: Parcels) -> None:
    file = parcels.workspace.tenants / "west" / "tenant.yaml"
    before = file.read_text()
    try:
        file.write_text(f"{before}core: true\n")
        with pytest.raises(UsageError, match=r"tenant\.yaml:4: core: this platform has no coffee bar"):
            tenants.load(parcels.workspace, "west")
    finally:
        file.write_text(before)
