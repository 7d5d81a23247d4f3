"""The journey of one order: the events of a scenario in their order, each with who takes it."""

from __future__ import annotations

from presso.catalog.catalog_view import CatalogView
from presso.catalog.events import CatalogEvent
from presso.catalog.pictures.sequence import Step
from presso.platform_settings import PlatformSettings
from presso.simulation import scenarios
from presso.workspace import Workspace

SCENARIO = "one-order"


def journey(workspace: Workspace, view: CatalogView, links: dict[tuple[str, str], str]) -> list[Step]:
    """The steps of the scenario `one-order`, or of the default one of a platform without a coffee bar.

    There are none when the checkout has no such scenario.

    Args:
        view: The catalog and the rules, with producers and consumers.
        links: Where the name of an event leads, by source and detail-type.
    """
    folder = scenarios.folder(workspace.root)
    platform = view.catalog.platform
    if (name := journey_of(workspace, platform)) not in scenarios.names(folder):
        return []
    found = scenarios.find(folder, name, platform.sources.default)
    return [_step(view, event, links) for event in found.events]


def journey_of(workspace: Workspace, platform: PlatformSettings) -> str:
    """The scenario of the journey."""
    known = scenarios.names(scenarios.folder(workspace.root))
    return SCENARIO if platform.has_bar else scenarios.default(known)


def _step(view: CatalogView, event: scenarios.Event, links: dict[tuple[str, str], str]) -> Step:
    key = (event.source, event.detail_type)
    known = view.catalog.get(*key)
    sender = known.producer if known else event.source
    return Step(
        time=f"{event.at // 60}:{event.at % 60:02d}",
        sender=sender,
        name=event.detail_type.removeprefix(f"{sender}."),
        words=str(event.detail.get("Message", known.title if known else "")),
        receivers=_receivers(view, known, event),
        link=links.get(key, ""),
    )


def _receivers(view: CatalogView, known: CatalogEvent | None, event: scenarios.Event) -> tuple[str, ...]:
    """The consumers of this very event: the rules whose patterns match it."""
    if known is None:
        return ()
    whole = known.sample(event.detail)
    return tuple(
        dict.fromkeys(
            rule.owner
            for rule in view.rules.rules
            if not rule.takes_everything and rule.matcher and rule.matcher.matches(whole)
        )
    )
