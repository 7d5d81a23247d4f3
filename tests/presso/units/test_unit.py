"""Units are addressed by patterns, and a wrong one is answered with the right ones."""

import pytest

from presso.bar_settings import BarSettings
from presso.deployment.parallel_units import needs_of
from presso.errors import PressoError, UsageError
from presso.tenants import Tenant
from presso.units.unit import Unit, declared, refuse_while_extensions_are_deployed, select

KNOWN = [Unit.named(n) for n in ("sfo", "nyc/wait-times", "nyc", "nyc/cups", "sfo/wait-times", "nyc-2")]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        pytest.param(["nyc"], ["nyc"], id="a tenant's name is its platform"),
        pytest.param(["nyc/cups"], ["nyc/cups"], id="one extension"),
        pytest.param(
            ["nyc/*"], ["nyc/cups", "nyc/wait-times"], id="a star is every extension, not the platform"
        ),
        pytest.param(
            ["*/wait-times"], ["nyc/wait-times", "sfo/wait-times"], id="one extension in every tenant"
        ),
        pytest.param(["*"], ["nyc", "nyc-2", "sfo"], id="a star alone is every platform"),
        pytest.param(["nyc*"], ["nyc", "nyc-2"], id="a star in a name"),
        pytest.param(["*/*"], ["nyc/cups", "nyc/wait-times", "sfo/wait-times"], id="every extension"),
        pytest.param(
            ["nyc/cups", "nyc", "nyc/*"], ["nyc", "nyc/cups", "nyc/wait-times"], id="each unit once"
        ),
    ],
)
def test_a_pattern_selects_units_platforms_first(patterns: list[str], expected: list[str]) -> None:
    assert [str(unit) for unit in select(patterns, KNOWN)] == expected


def test_all_selects_every_unit() -> None:
    assert len(select([], KNOWN, everything=True)) == len(KNOWN)


@pytest.mark.parametrize(
    ("patterns", "message", "hint"),
    [
        pytest.param(["nyk"], "no tenant nyk", "Did you mean nyc?", id="an unknown tenant"),
        pytest.param(["rome"], "no tenant rome", "Tenants: nyc, nyc-2, sfo.", id="a tenant like no other"),
        pytest.param(
            ["nyc/wait"], "no extension wait", "Did you mean wait-times?", id="an unknown extension"
        ),
        pytest.param(
            ["sfo/cups"], "tenants/sfo/tenant.yaml", "Its extensions: wait-times.", id="another's extension"
        ),
        pytest.param(
            ["*/milk"], "No unit matches */milk", "Known units: nyc,", id="a pattern without a match"
        ),
        pytest.param(["nyc/"], "is not a unit's name", "nyc/wait-times", id="nothing after the slash"),
        pytest.param(["nyc/a/b"], "is not a unit's name", "nyc/wait-times", id="two slashes"),
        pytest.param([], "No units are named.", "--all", id="no pattern"),
    ],
)
def test_a_pattern_that_matches_nothing_is_answered_with_what_there_is(
    patterns: list[str], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        select(patterns, KNOWN)
    assert message in error.value.message
    assert hint in error.value.hint


def test_names_and_all_together_are_refused() -> None:
    with pytest.raises(UsageError, match="Both units and --all"):
        select(["nyc"], KNOWN, everything=True)


def test_a_platform_waits_for_no_unit_and_its_extensions_for_it() -> None:
    needs = needs_of(sorted(KNOWN), reverse=False)
    assert needs[Unit("nyc")] == set()
    assert needs[Unit("nyc", "cups")] == {Unit("nyc")}
    assert needs_of([Unit("nyc", "cups")], reverse=False) == {Unit("nyc", "cups"): set()}


def test_in_reverse_a_platform_waits_for_its_extensions() -> None:
    needs = needs_of(sorted(KNOWN), reverse=True)
    assert needs[Unit("nyc")] == {Unit("nyc", "cups"), Unit("nyc", "wait-times")}
    assert needs[Unit("nyc", "cups")] == set()


def test_a_platform_with_an_extension_on_it_is_not_destroyed() -> None:
    with pytest.raises(PressoError, match="nyc/cups is still deployed on it") as error:
        refuse_while_extensions_are_deployed(
            [Unit("nyc")], [Unit("nyc"), Unit("nyc", "cups"), Unit("sfo", "cups")]
        )
    assert "presso destroy nyc --with-extensions" in error.value.hint


def test_a_platform_is_destroyed_together_with_its_extensions() -> None:
    refuse_while_extensions_are_deployed(
        [Unit("nyc"), Unit("nyc", "cups")], [Unit("nyc", "cups"), Unit("sfo", "cups")]
    )


def test_a_core_is_a_unit_where_its_tenant_has_one() -> None:
    with_core, without = Tenant(name="nyc", title="T", core=BarSettings()), Tenant(name="sfo", title="T")
    found = declared([with_core, without])
    assert found == [Unit("nyc"), Unit("nyc", "core"), Unit("sfo")]
    assert [unit.is_extension for unit in (*found, Unit("nyc", "cups"))] == [False, False, False, True]
    with pytest.raises(UsageError, match=r"sfo has no core: tenants/sfo/tenant.yaml does not set core: true"):
        select(["sfo/core"], found)
