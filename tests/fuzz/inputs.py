"""What people, editors and adversaries write, and what may become of it: a result, or one error in words."""

import contextlib
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from presso.errors import PressoError
from presso.workspace import Workspace

ROOT = Path(__file__).parents[2]
# A second of this process alone, so that a busy machine makes no difference; what has no bound takes minutes.
MOST_SECONDS = 20.0

# The long run is random, so that it finds something new; the short one is the same every time.
_SHORT = settings.default is None or settings.default.max_examples <= 100
fuzzed = settings(
    settings.default,
    deadline=None,
    derandomize=_SHORT,
    database=None if _SHORT else settings.default.database,
    suppress_health_check=list(HealthCheck),
)


@contextlib.contextmanager
def expected_errors(*errors: type[Exception]) -> Iterator[None]:
    """Fail unless what is inside ends in time, in a result or one of presso's errors (or of these)."""
    since = time.process_time()
    reported: Exception | None = None
    try:
        yield
    except (PressoError, *errors) as error:
        reported = error
    assert reported is None or str(reported).strip(), f"{type(reported).__name__} without a message"
    assert time.process_time() - since < MOST_SECONDS


# Values that one format or another reads in its own way.
SCALARS = (
    *(
        "true",
        "yes",
        "on",
        "off",
        "no",
        "NO",
        "null",
        "~",
        "",
        "''",
        '""',
        "=",
        "<<",
        "-",
        "?",
        ":",
        "#",
        "%",
    ),
    *("0", "-0", "007", "0x1f", "0o17", "0b1", "1_000", "1:30", "1e3", "1.5e+999", ".inf", "-.inf", ".nan"),
    *("NaN", "Infinity", "-Infinity", "1e999", "-1", "9" * 30, "9" * 400, "9" * 5000, "0." + "1" * 400),
    *(
        "2026-01-01",
        "2026-13-45",
        "2026-01-01T10:00:00Z",
        "12:30:45",
        "!!set {a}",
        "!!binary aGk=",
        "!!omap []",
    ),
    *(
        "!!python/none x",
        "!!int x",
        "!Ref a",
        "&a [*a]",
        "&b b",
        "*b",
        "{}",
        "[]",
        "{a: }",
        "[[[[",
        "{{{{",
        "|",
        ">-",
    ),
    *(
        '"\\ud83d"',
        '"\\u0000"',
        '"\\x00"',
        "\\",
        '"\\q"',
        "${",
        "${a}",
        "%{",
        "$${",
        "{run}",
        "{at}",
        '"{at}"',
        "{tenant}",
    ),
    *(
        "../../etc/passwd",
        "/dev/zero",
        "/",
        ".",
        "..",
        "a" * 300,
        "é",
        "日本",
        "\U0001f600",
        "\u202e",
        "\x1b[2J",
        "\t",
    ),
)
BYTES = (
    *(
        b"\0",
        b"\xff",
        b"\xfe\xff",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xe9",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\r\n",
    ),
    *(
        b"\r",
        b"\n",
        b"\n\n",
        b"\t",
        b"  ",
        b"\x1b[31m",
        b"\x07",
        b"\x7f",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"---\n",
    ),
    *(b"- ", b"[", b"]", b"{", b"}", b",", b": ", b'"', b"'", b"#", b"\\", b"*a", b"&a ", b"<<: ", b"...\n"),
    *(
        b"[" * 3000,
        b"- " * 200,
        b"{a: " * 150,
        b"(" * 500,
        b'{"a":' * 3000,
        b"a" * 70_000,
        b"<<E\n",
        b"E\n",
        b"/*",
    ),
)

text = st.text(max_size=200)
scalar = st.one_of(st.sampled_from(SCALARS), text)


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds after up to six edits, or bytes that have nothing to do with them."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.one_of(st.binary(max_size=300), text.map(lambda it: it.encode(errors="replace"))))
    found = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 6))):
        found = draw(st.sampled_from(_EDITS))(draw, found)
    return found


def _place(draw: st.DrawFn, found: bytes) -> int:
    return draw(st.integers(0, len(found)))


def _inserted(draw: st.DrawFn, found: bytes) -> bytes:
    place = _place(draw, found)
    return found[:place] + draw(st.sampled_from(BYTES)) + found[place:]


def _cut(draw: st.DrawFn, found: bytes) -> bytes:
    start = _place(draw, found)
    return found[:start] + found[start + draw(st.integers(1, 40)) :]


def _ended(draw: st.DrawFn, found: bytes) -> bytes:
    return found[: _place(draw, found)]


def _revalued(draw: st.DrawFn, found: bytes) -> bytes:
    """Another value at the end of a line, or between two quotes."""
    lines = found.split(b"\n")
    number = draw(st.integers(0, len(lines) - 1))
    value = draw(scalar).encode(errors="replace")
    line = lines[number]
    for sign in draw(st.permutations([b": ", b" = ", b'"'])):
        if sign in line:
            before, _, after = line.partition(sign)
            end = after.partition(sign)[2] if sign == b'"' else b""
            lines[number] = before + sign + value + (sign + end if sign == b'"' else b"")
            break
    else:
        lines[number] = value
    return b"\n".join(lines)


def _reordered(draw: st.DrawFn, found: bytes) -> bytes:
    """A line taken out, put in twice, or indented otherwise."""
    lines = found.split(b"\n")
    number = draw(st.integers(0, len(lines) - 1))
    line = lines[number]
    how = draw(st.sampled_from(["gone", "twice", "elsewhere", "in", "out"]))
    if how == "twice":
        lines.insert(number, line)
    elif how == "elsewhere":
        lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(number))
    elif how == "gone":
        del lines[number]
    else:
        lines[number] = b"  " + line if how == "in" else line.removeprefix(b"  ")
    return b"\n".join(lines)


_EDITS = (_inserted, _cut, _ended, _revalued, _revalued, _revalued, _reordered, _reordered)

json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=30),
        st.sampled_from(SCALARS),
    ),
    lambda inside: st.one_of(
        st.lists(inside, max_size=4), st.dictionaries(st.text(max_size=12), inside, max_size=4)
    ),
    max_leaves=12,
)

TENANT = """name: nyc
title: Summit
target: local
region: us-east-1
account: "111111111111"
player: true
catalog: {type: OpenApi3, discovery: false}
extensions:
  - cups
  - name: queue
    version: v1.2
    variables:
      size: big
      list: [1, 2.5, {a: b}]
"""
ON_AWS = """name: nyc
title: Summit
target: aws
state: {bucket: states, region: eu-north-1, prefix: bars/}
deployers: ["arn:aws:iam::111111111111:role/ci"]
extensions: [{name: cups, variables: &v {since: 2026-01-01, more: {x: 1}}}, {name: queue, variables: *v}]
"""
DEFAULTS = """region: eu-west-1
player: false
ends: 2026-12-05
catalog: {type: JSONSchemaDraft4}
state: {bucket: states, region: eu-north-1}
extensions:
  - name: cups
    variables: {size: small, since: 2026-01-01}
"""
PLATFORM = """presso: "0.1.0"
title: Parcels
events:
  sources: [parcels.intake, parcels.sorting]
  extensions: parcels.extension
  bar: true
  tenant: depotId
  subject: parcelId
vocabulary: {place: parcel depot, thing: parcel}
demo: {tenants: [east, west], extension: cups, scenario: day, speed: 60}
"""
EVENT = """detail-type: Bar.Ordered
title: Ordered
summary: A guest ordered.
when: When a guest orders.
producer: Bar
version: 1.0.0
since: 0.1.0
detail:
  type: object
  required: [orderId, drink]
  properties:
    orderId: {type: string, format: uuid, description: The id of the order.}
    drink: {type: string, enum: [Espresso, Latte], description: The drink.}
    at: {type: integer, minimum: 0, x-unit: epoch-ms, description: When.}
    more:
      type: array
      items: {$ref: "#/$defs/more"}
      description: More of it.
    other: {anyOf: [{type: "null"}, {type: number, maximum: 9}], description: Something.}
  $defs:
    more: {type: object, properties: {more: {$ref: "#/$defs/more"}, size: {const: big}}}
examples:
  - title: One
    detail: {orderId: 3f2504e0-4f89-41d3-9a0c-0305e82c3301, drink: Espresso, more: [{size: big}]}
"""
EXTENSION = f"""name: cups
title: Cups
summary: Counts cups.
description: >-
  {" ".join(["word"] * 310)}
author: {{name: Ann, bio: A barista., links: [https://example.com], github: ann/team}}
language: Python
framework: none
resources: [https://example.com/cups]
consumes: [Bar.Ordered]
emits:
  - detail-type: Cups.Counted
    schema:
      type: object
      properties: {{count: {{type: integer, description: How many.}}}}
  - detail-type: Cups.Empty
    schema: empty.json
waivers: [{{rule: P3-002, reason: The audit of this year needs it., expires: 2026-12-31}}]
"""
SCHEMA = '{"type": "object", "properties": {"why": {"type": "string", "description": "Why."}}}'
MAIN = """terraform {
  required_version = ">= 1.10"
}

variable "context" {
  description = "What an extension may know of its tenant."
  type = object({ tenant = string, bus_name = string, prefix = string, event_source = string })
}
variable "size" {
  type    = number
  default = 3
}

locals {
  drinks  = ["Espresso", "Latte"]
  pattern = { source = ["awsserverlessda.serverlesspresso"], detail-type = ["Bar.Ordered"] }
  text    = <<-EOT
    ${var.context.prefix}cups
  EOT
}

module "counter" {
  source  = "../../modules/event-function"
  context = var.context
  name    = "counter"
  pattern = merge(local.pattern, { detail = { drink = [for drink in local.drinks : lower(drink)] } })
}

resource "aws_cloudwatch_event_rule" "cups" {
  for_each       = toset(local.drinks)
  name           = "${var.context.prefix}${each.key}"
  event_bus_name = var.context.bus_name
  event_pattern  = jsonencode({ source = ["a"], detail = { drink = [each.value, { prefix = "L" }] } })
}

resource "aws_cloudwatch_event_target" "cups" {
  for_each = aws_cloudwatch_event_rule.cups
  rule     = each.value.name
  arn      = aws_sqs_queue.cups.arn
}

resource "aws_sqs_queue" "cups" {
  name = "${var.context.prefix}${var.size > 2 ? "big" : "small"}"
}
"""
SCENARIO = """{
  "name": "day",
  "title": "A day",
  "minutes": 2,
  "seed": 1,
  "orders": 1,
  "events": [
    {"at": 0, "detail-type": "Bar.Ordered", "detail": {"orderId": "{run}000000000001", "drink": "Latte", "at": "{at}"}},
    {"at": 3, "late": 2, "source": "serverlesspresso.extension.cups", "detail-type": "Cups.Counted", "detail": {"count": 1}}
  ]
}
"""  # noqa: E501
CORE = "awsserverlessda.serverlesspresso"
DETAIL = {"orderId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "drink": "Latte", "more": [{"size": "big"}]}
DELIVERED = {
    "version": "0",
    "id": "5c045f98-df34-41c7-8e5e-ee4ffa7ed5ca",
    "detail-type": "Bar.Ordered",
    "source": CORE,
    "account": "111111111111",
    "time": "2026-11-01T10:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": DETAIL,
}
ENTRY = {"Source": CORE, "DetailType": "Bar.Ordered", "Detail": json.dumps(DETAIL), "Resources": ["a"]}


def small_checkout(root: Path) -> Workspace:
    """Return a checkout in an empty folder, with a file of each kind that presso reads."""
    files = {
        "tenants/nyc/tenant.yaml": "name: nyc\ntitle: T\nextensions: [cups]\n",
        "extensions/cups/extension.yaml": EXTENSION,
        "extensions/cups/empty.json": SCHEMA,
        "extensions/cups/main.tf": MAIN,
        "extensions/queue/main.tf": "",
        "modules/event-catalog/events/Bar.Ordered.yaml": EVENT,
        "modules/event-catalog/producers.yaml": "Bar: {title: Bar, summary: The bar.}\n",
        "modules/event-player/scenarios/day.json": SCENARIO,
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    shutil.copy(ROOT / "modules" / "event-catalog" / "envelope.yaml", root / "modules" / "event-catalog")
    return Workspace(root, root / ".presso")
