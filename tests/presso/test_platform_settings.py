"""presso.yaml: what it sets, what it leaves to the coffee bar, and one clear error for each fault."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from presso import platform_settings, record_schema
from presso.errors import UsageError
from presso.event_sources import CORE_SOURCE
from presso.platform_settings import BAR_EVENTS, PlatformSettings
from presso.tenants import Tenant
from presso.workspace import Workspace

HEAD = 'presso: "0.1.0"\ntitle: Parcels\n'
EVENTS = "events: {sources: [parcels.intake, parcels.sorting], extensions: parcels.extension}\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, tmp_path / ".presso")


def read(workspace: Workspace, text: str) -> PlatformSettings:
    (workspace.root / platform_settings.FILE).write_text(text)
    return platform_settings.load(workspace)


def test_without_the_file_or_the_part_events_they_are_the_coffee_bars(workspace: Workspace) -> None:
    for settings in (platform_settings.load(workspace), read(workspace, HEAD)):
        assert settings.sources == BAR_EVENTS
        assert settings.words.place == "coffee bar"
        assert settings.has_bar
    assert BAR_EVENTS.core == (CORE_SOURCE,)
    assert BAR_EVENTS.of("tips") == "serverlesspresso.extension.tips"


def test_a_platform_has_its_own_sources_fields_and_words(workspace: Workspace) -> None:
    settings = read(workspace, HEAD + EVENTS)
    assert settings.sources.core == ("parcels.intake", "parcels.sorting")
    assert settings.sources.default == "parcels.intake"
    assert settings.sources.of("digest") == "parcels.extension.digest"
    assert (settings.sources.tenant_fields, settings.sources.subjects) == (("tenant",), ("id",))
    assert (settings.words.place, settings.words.thing, settings.has_bar) == ("platform", "thing", False)


def test_a_platform_may_have_the_coffee_bar_beside_its_own_events(workspace: Workspace) -> None:
    events = read(workspace, HEAD + EVENTS.replace("}", ", bar: true, subject: parcelId}")).sources
    assert events.core == ("parcels.intake", "parcels.sorting", CORE_SOURCE)
    assert events.tenant_fields == ("tenant", "eventId")
    assert events.about({"orderId": "o-1"}) == "o-1"
    assert events.about({"parcelId": "P-1", "orderId": "o-1"}) == "P-1"
    assert events.about({"parcelId": 7}) == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("title: x\n", "presso.yaml:1: presso: missing; this key is required."),
        (f"{HEAD}evnts: {{}}\n", "presso.yaml:3: evnts: unknown key. Did you mean events?"),
        (f"{HEAD}events: {{extensions: a.b}}\n", "presso.yaml:3: events.sources: missing"),
        (
            f"{HEAD}events: {{sources: [], extensions: a.b}}\n",
            "presso.yaml:3: events.sources: list should have at least 1 item",
        ),
        (
            f"{HEAD}events:\n  sources:\n    - a\n    - a\n  extensions: b\n",
            "presso.yaml:4: events.sources: one is listed twice",
        ),
        (
            f"{HEAD}events:\n  sources:\n    - a\n    - aws.s3\n  extensions: b\n",
            "presso.yaml:6: events.sources.1: only AWS itself may have a source that begins with aws",
        ),
        (
            f"{HEAD}events:\n  sources:\n    - a\n    - b.ext.c\n  extensions: b.ext\n",
            "presso.yaml:6: events.sources.1: b.ext.c is a source of extensions: they begin with b.ext..",
        ),
        (f"{HEAD}vocabulary: {{place: 'a\\n b'}}\n", "presso.yaml:3: vocabulary.place: string should match"),
        (f"{HEAD}demo: {{tenants: [east]}}\n", "presso.yaml:3: demo.tenants: list should have at least 2"),
        (f"{HEAD}demo: {{speed: 0}}\n", "presso.yaml:3: demo.speed: input should be greater than"),
        (f"{HEAD}demo: {{tenants: [east, default]}}\n", "demo.tenants.1: AWS reserves default"),
        ("[]\n", "presso.yaml:1: expected keys and values."),
    ],
)
def test_each_fault_is_named_with_its_line(workspace: Workspace, text: str, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(workspace, text)
    assert fault in caught.value.message
    assert len(caught.value.message.splitlines()) == 1


def test_several_faults_are_reported_at_once(workspace: Workspace) -> None:
    with pytest.raises(UsageError) as caught:
        read(workspace, "title: 7\nevents: {sources: [''], extensions: b, bar: maybe}\n")
    assert len(caught.value.message.splitlines()) == 4


def test_editors_schemas_accept_what_presso_accepts_and_name_faults() -> None:
    schema = record_schema.document(PlatformSettings, "presso.yaml")
    accepted = jsonschema_rs.validator_for(schema)
    assert accepted.is_valid(yaml.safe_load(HEAD + EVENTS))
    for wrong in (
        "evnts: {}\n",
        "demo: {speed: 0}\n",
        "vocabulary: {place: '1'}\n",
        "demo: {tenants: [a]}\n",
    ):
        assert not accepted.is_valid(yaml.safe_load(HEAD + wrong)), wrong
    assert schema["properties"]["title"]["description"] == "What the platform is called."
    tenant = record_schema.document(Tenant, "tenant.yaml")
    files = sorted(Path(__file__).parents[2].glob("tenants/*/tenant.yaml"))
    for file in files:
        assert jsonschema_rs.validator_for(tenant).is_valid(yaml.safe_load(file.read_text())), file
    assert json.loads(json.dumps(tenant)) == tenant
