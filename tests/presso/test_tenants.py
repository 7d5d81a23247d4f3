"""Faults in a tenant's file are reported with file, line, key, and what would be right."""

import json
from typing import TYPE_CHECKING

import pytest

from presso import tenants
from presso.errors import UsageError
from presso.workspace import Workspace

HEAD = "name: nyc\ntitle: T\n"

if TYPE_CHECKING:
    from tests.presso.conftest import Small


def load_error(small: "Small", text: str) -> str:
    small.write("tenants/nyc/tenant.yaml", text)
    with pytest.raises(UsageError) as error:
        tenants.load(small.workspace, "nyc")
    assert error.value.exit_code == 2
    return f"{error.value.message} | {error.value.hint}"


def test_only_name_and_title_are_required(small: "Small") -> None:
    small.write("tenants/nyc/tenant.yaml", "name: nyc\ntitle: New York\n")
    tenant = tenants.load(small.workspace, "nyc")
    assert (tenant.target, tenant.region, tenant.known_account) == ("local", "us-east-1", "111111111111")
    assert tenant.player
    assert not tenant.core


def test_an_extension_is_a_name_or_a_mapping(small: "Small") -> None:
    small.write(
        "tenants/nyc/tenant.yaml",
        HEAD + "extensions:\n  - cups\n  - {name: queue, version: v1.2, variables: {size: big}}\n",
    )
    cups, queue = tenants.load(small.workspace, "nyc").extensions
    assert (cups.name, cups.version, cups.variables) == ("cups", None, {})
    assert (queue.name, queue.version, queue.variables) == ("queue", "v1.2", {"size": "big"})


@pytest.mark.parametrize(
    ("said", "there", "discovery"),
    [
        ("", False, None),
        ("catalog: false", False, None),
        ("catalog: true", True, False),
        ("catalog: {}", True, False),
        ("catalog: {discovery: true}", True, True),
    ],
)
def test_a_catalog_is_asked_for_and_created_where_it_can_be(
    said: str, there: bool, discovery: bool | None, small: "Small"
) -> None:
    for target in ("aws", "local"):
        small.write("tenants/nyc/tenant.yaml", f"{HEAD}target: {target}\n{said}\n")
        tenant = tenants.load(small.workspace, "nyc")
        assert tenant.has_registry is (there and target == "aws")
        assert (tenant.catalog and tenant.catalog.discovery) == discovery


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("name: nyc\n", ["tenant.yaml:1: title: missing"], id="a missing key"),
        pytest.param(
            HEAD + "regoin: x\n", ["tenant.yaml:3: regoin: unknown key", "mean region?"], id="a misspelt key"
        ),
        pytest.param(
            HEAD + "catalog: {type: Avro}\n",
            [":3: catalog.type:", "'OpenApi3' or 'JSONSchemaDraft4'"],
            id="a type of no schema",
        ),
        pytest.param(HEAD + "catalog: 1\n", [":3: catalog:"], id="a catalog that is a number"),
        pytest.param(HEAD + "ends: 31 May\n", [":3: ends: a day looks like"], id="a last day that is none"),
        pytest.param(
            HEAD + "catalog: {discover: true}\n",
            [":3: catalog.discover: unknown key"],
            id="a misspelt discovery",
        ),
        pytest.param(
            HEAD + "target: azure\n", [":3: target:", "'local' or 'aws'", "'azure'"], id="an unknown target"
        ),
        pytest.param(
            HEAD + "target: aws\nextensions: [cups]\n",
            [":4: deployers: missing", "aws sts get-caller-identity"],
            id="no deployers on aws",
        ),
        pytest.param(
            HEAD + "deployers: ['arn:aws:iam::111111111111:root']\n",
            [":3: deployers.0: a deployer is one role or user", "not a whole account"],
            id="a whole account as deployer",
        ),
        pytest.param(
            HEAD + "deployers: ['arn:aws:iam::111111111111:role/a', 'arn:aws:iam::111111111111:role/a']\n",
            [":3: deployers: one is listed twice"],
            id="a deployer twice",
        ),
        pytest.param(
            HEAD + "state: {bucket: states}\n",
            [":3: state: on target local, states stay"],
            id="a bucket for local states",
        ),
        pytest.param(
            HEAD + "target: aws\nstate: {bucket: states, prefix: bars}\n",
            [":4: state.prefix:"],
            id="a prefix without a slash",
        ),
        pytest.param(
            HEAD + "region: mars\n", [":3: region: a region looks like us-east-1"], id="a bad region"
        ),
        pytest.param(
            HEAD + "account: 111111111111\n", [":3: account:", "write it in quotes"], id="a number as account"
        ),
        pytest.param(
            HEAD + 'account: "12"\n', [":3: account: an account has 12 digits"], id="a short account"
        ),
        pytest.param(HEAD + "player: maybe\n", [":3: player:", "valid boolean"], id="a text as yes or no"),
        pytest.param(
            "name: no\ntitle: T\n", [":1: name:", "write it in quotes"], id="a name that YAML takes for false"
        ),
        pytest.param("name: n--c\ntitle: T\n", [":1: name: a double hyphen separates"], id="a double hyphen"),
        pytest.param("name: Nyc\ntitle: T\n", [":1: name: a name has lower-case letters"], id="a capital"),
        pytest.param(
            f"name: {'n' * 21}\ntitle: T\n", [":1: name: a name has 2 to 20 characters"], id="a long name"
        ),
        pytest.param(
            "name: sfo\ntitle: T\n", ["already", "tenants/nyc/tenant.yaml"], id="another tenant's name"
        ),
        pytest.param(
            "name: rome\ntitle: T\n", [":1: name: rome does not match the folder nyc"], id="not the folder's"
        ),
        pytest.param(HEAD + "extensions: cups\n", [":3: extensions:", "valid list"], id="a text as a list"),
        pytest.param(
            HEAD + "extensions:\n- cups\n- cup\n",
            [":5: extensions.1: there is no extension cup", "Did you mean cups?"],
            id="an unknown extension",
        ),
        pytest.param(
            HEAD + "extensions: [cups, cups]\n", [":3: extensions.1: cups is listed twice"], id="one twice"
        ),
        pytest.param(
            HEAD + "extensions:\n- name: cups\n  verson: v1\n",
            [":5: extensions.0.verson: unknown key. Did you mean version?"],
            id="a misspelt key of an extension",
        ),
        pytest.param(
            HEAD + "extensions: [{name: cups, variables: {context: 1}}]\n",
            [":3: extensions.0.variables: context is set by presso itself"],
            id="a variable that is the platform's",
        ),
        pytest.param(
            HEAD + "extensions: [{name: cups, version: --upload-pack=x}]\n",
            [":3: extensions.0.version:"],
            id="a version that git would take for an option",
        ),
        pytest.param(
            HEAD + "core: {time_zone: Mars/Base}\n",
            [":3: core.time_zone: a time zone of the IANA database"],
            id="an unknown time zone",
        ),
        pytest.param(
            HEAD + "core:\n  menu: [{drink: Latte}, {drink: Latte}]\n",
            [":4: core.menu: the menu lists Latte twice"],
            id="a drink twice on the menu",
        ),
        pytest.param(
            HEAD + 'core:\n  hours: [{days: [fri], opens: "22:00", closes: "02:00"}]\n',
            [":4: core.hours: opens 22:00 is not before closes 02:00; a night is two entries"],
            id="hours over midnight",
        ),
        pytest.param(
            HEAD + "core: {languages: [en, en]}\n",
            [":3: core.languages: a language is listed twice"],
            id="a language twice",
        ),
        pytest.param("name: nyc\nname: sfo\n", [":2: name: given twice, first on line 1"], id="a key twice"),
        pytest.param("name: [nyc\n", ["tenant.yaml:2: invalid YAML"], id="invalid YAML"),
        pytest.param("- nyc\n", [":1: expected keys and values", "Known keys: name, title"], id="a list"),
        pytest.param("", [":1: expected keys and values"], id="an empty file"),
        pytest.param("a: &a [*a]\n", ["nested more than"], id="an alias inside itself"),
        *(
            pytest.param(
                f"{HEAD}extensions:\n- name: cups\n  variables:\n    since: {value}\n",
                [f":6: {shown}"],
                id=of,
            )
            for value, shown, of in (
                ("!!set {a, b}", "the type !!set is not allowed", "a set as a variable"),
                ("!!binary aGVsbG8=", "the type !!binary is not allowed", "bytes as a variable"),
                (".nan", "invalid YAML: a finite number is needed", "no number as a variable"),
                ("{1: a}", "1: a key must be a text", "a number as a variable's key"),
                ("9" * 5000, "invalid YAML: not a value of the type int", "a number of 5,000 digits"),
                ("[" * 3000, "nested more than 100 deep", "a variable 3,000 levels deep"),
            )
        ),
    ],
)
def test_a_fault_is_named_with_file_line_and_key(small: "Small", text: str, expected: list[str]) -> None:
    if "already" in expected:
        small.write("tenants/nyc/tenant.yaml", text)
        with pytest.raises(UsageError) as error:
            tenants.load_all(small.workspace)
        said = error.value.message
    else:
        said = load_error(small, text)
    assert [part for part in expected if part not in said] == [], said
    assert "tenants/nyc/tenant.yaml" in said or "tenants/sfo/tenant.yaml" in said


def test_every_fault_of_a_file_is_reported_at_once_in_order(small: "Small") -> None:
    said = load_error(small, "title: 1\nnmae: nyc\ntarget: x\n").split("\n")
    assert [line.split(":")[1] for line in said] == ["1", "1", "2", "3"]


def test_bytes_that_are_not_text_are_refused(small: "Small") -> None:
    (small.workspace.tenants / "nyc" / "tenant.yaml").write_bytes(b"name: \xff\n")
    with pytest.raises(UsageError, match="not UTF-8"):
        tenants.load(small.workspace, "nyc")


def test_a_date_is_a_text_as_terraform_has_no_dates(small: "Small") -> None:
    small.write(
        "tenants/nyc/tenant.yaml",
        HEAD + "extensions: [{name: cups, variables: {size: 2026-01-01, list: [2026-01-01 10:00:00]}}]\n",
    )
    (cups,) = tenants.load(small.workspace, "nyc").extensions
    assert cups.variables == {"size": "2026-01-01", "list": ["2026-01-01 10:00:00"]}


def test_an_unknown_tenant_is_answered_with_the_nearest(small: "Small") -> None:
    with pytest.raises(UsageError, match="no tenant nycc") as error:
        tenants.load(small.workspace, "nycc")
    assert "Did you mean nyc?" in error.value.hint


def test_the_checkouts_own_tenants_are_right() -> None:
    known = tenants.load_all(Workspace.find())
    assert {"nyc", "sfo"} <= known.keys()


class TestDefaults:
    """`tenants/defaults.yaml` counts for what a tenant's file does not set; errors name the right file."""

    def test_mappings_are_merged_and_other_values_replaced(self, small: "Small") -> None:
        small.write(
            "tenants/defaults.yaml",
            "region: eu-west-1\nplayer: false\n"
            "catalog: {type: OpenApi3, discovery: true}\nextensions: [cups, queue]\n",
        )
        small.write(
            "tenants/nyc/tenant.yaml",
            f"{HEAD}player: true\ncatalog: {{type: JSONSchemaDraft4}}\nextensions: [queue]\n",
        )
        small.write("tenants/sfo/tenant.yaml", "name: sfo\ntitle: S\n")
        loaded = tenants.load_all(small.workspace)
        nyc, sfo = loaded["nyc"], loaded["sfo"]
        assert (nyc.region, nyc.player, nyc.catalog) == (
            "eu-west-1",
            True,
            tenants.CatalogUse(type="JSONSchemaDraft4", discovery=True),
        )
        assert [use.name for use in nyc.extensions] == ["queue"]
        assert (sfo.player, [use.name for use in sfo.extensions]) == (False, ["cups", "queue"])
        assert tenants.load(small.workspace, "nyc") == nyc

    @pytest.mark.parametrize(
        ("defaults", "own", "expected"),
        [
            ("region: mars\n", "", "tenants/defaults.yaml:1: region: a region looks like"),
            ("player: true\nregoin: x\n", "", "tenants/defaults.yaml:2: regoin: unknown key"),
            ("region: eu-west-1\n", "region: mars\n", "tenants/nyc/tenant.yaml:3: region: a region"),
            ("catalog: {type: Avro}\n", "catalog: {discovery: true}\n", "defaults.yaml:1: catalog.type"),
            (
                "extensions:\n- cups\n- cpus\n",
                "",
                "tenants/defaults.yaml:3: extensions.1: there is no extension",
            ),
            (
                "extensions:\n- {name: cups}\n",
                "extensions:\n- {version: v1}\n",
                "tenants/nyc/tenant.yaml:4: extensions.0.name: missing",
            ),
            ("name: nyc\n", "", "tenants/defaults.yaml:1: name: each tenant has a name of its own"),
            ("- a\n", "", "tenants/defaults.yaml:1: expected keys and values"),
            ("a: [\n", "", "tenants/defaults.yaml:2: invalid YAML"),
        ],
    )
    def test_an_error_names_the_file_that_the_value_is_in(
        self, small: "Small", defaults: str, own: str, expected: str
    ) -> None:
        small.write("tenants/defaults.yaml", defaults)
        assert expected in load_error(small, HEAD + own)

    def test_what_neither_file_has_is_missing_in_the_tenants_own(self, small: "Small") -> None:
        small.write("tenants/defaults.yaml", "region: eu-west-1\n")
        assert "tenants/nyc/tenant.yaml:1: title: missing" in load_error(small, "name: nyc\n")

    def test_a_tenant_is_shown_with_the_place_of_each_value(self, small: "Small") -> None:
        small.write(
            "tenants/defaults.yaml",
            "region: eu-west-1\nextensions:\n- name: cups\n  variables: {size: big}\n",
        )
        small.write("tenants/nyc/tenant.yaml", f"{HEAD}player: false\n")
        shown = json.loads(small.here("tenant", "show", "nyc", "--json").stdout)
        assert shown["tenant"]["extensions"] == [{"name": "cups", "variables": {"size": "big"}}]
        assert {name: shown["from"][name] for name in ("player", "region", "target")} == {
            "player": "tenants/nyc/tenant.yaml:3",
            "region": "tenants/defaults.yaml:1",
            "target": "presso's default",
        }
        rows = [row.split() for row in small.here("tenant", "show", "nyc").stdout.splitlines()]
        assert ["extensions.0.variables.size", "big", "tenants/defaults.yaml:4"] in rows
