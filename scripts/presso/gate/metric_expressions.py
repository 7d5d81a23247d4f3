"""What the expressions of alarms and dashboards measure: metrics of the extension, or of others.

Expressions choose metrics by search, by a query or by functions. What is not known here is a fault, and so is
what is not limited to the extension's own resources or namespace.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Source.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from presso.gate.model import Facts, Model
from presso.gate.ownership import Ownership
from presso.hcl.values import Unknown

# Functions of metrics that the same alarm or graph names: not those that call or read what has another owner.
_FUNCTIONS = frozenset(
    {
        *("ABS", "ANOMALY_DETECTION_BAND", "AVG", "CEIL", "DATAPOINT_COUNT", "DATE", "DAY", "DIFF"),
        *("DIFF_TIME", "EPOCH", "FILL", "FIRST", "FLOOR", "HOUR", "IF", "LAST", "LOG", "LOG10", "MAX"),
        *("METRIC_COUNT", "MIN", "MINUTE", "MONTH", "PERIOD", "RATE", "REMOVE_EMPTY", "RUNNING_SUM"),
        *("SERVICE_QUOTA", "SLICE", "SORT", "STDDEV", "SUM", "TIME_SERIES", "YEAR"),
    }
)
_STRING = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_SEARCH = re.compile(rf"\bSEARCH\s*\(\s*({_STRING})\s*,\s*{_STRING}\s*(?:,\s*\d+\s*)?\)", re.I | re.S)
_OF_THE_GRAPH = re.compile(rf"\bMETRICS\s*+\(\s*+(?:{_STRING}\s*+)?\)", re.IGNORECASE)
_ARITHMETIC = re.compile(r"(?:\s++|\d++(?:\.\d*+)?+|[-+*/^(),\[\]<>=!&|]|[A-Za-z]\w*+)*+", re.ASCII)
_CALLED = re.compile(r"\b([A-Za-z]\w*+)\s*+\(", re.ASCII)
_TERM = re.compile(r"""\s+|\{([^{}]*)\}|([:\w.]+\s*=\s*)?(?:"([^"]*)"|([\w/*][^\s"(){}=,!]*))""", re.ASCII)
# Of queries of metrics: their tokens, and a whole one with its words, labels' values and keywords.
_TOKEN = re.compile(r"""\s++|("[^"]*+"|[\w.]++)|('[^']*+')|([(),;=]|!=)""")
_KEYWORDS = frozenset(
    ["AND", "ASC", "BY", "DESC", "FROM", "GROUP", "LIMIT", "ORDER", "SCHEMA", "SELECT", "WHERE"]
)
_QUERY = re.compile(
    r"SELECT W \( W \) FROM (?:SCHEMA \( W(?: , W)* \)|W)(?: WHERE W !?= V(?: AND W !?= V)*)?"
    r"(?: GROUP BY W(?: , W)*)?(?: ORDER BY W \( \)(?: ASC| DESC)?)?(?: LIMIT W)?(?: ;)?"
)
_ACCOUNT = "aws.accountid"
# Of queries of logs: what they begin with, and the commands that take their entries from that.
_SOURCE = re.compile(
    r"""\s*SOURCE\s+(?:(?P<name>'[^']*'|"[^"]*")|logGroups\((?P<groups>[^()]*)\))"""
    r"""(?:\s+(?:START|END)\s*=\s*(?:-?\d+\w?|now\(\)))*\s*(?:\||$)""",
    re.IGNORECASE,
)
_GROUPS = re.compile(r"""\s*(\w+)\s*:\s*(\[[^\]]*\]|'[^']*'|"[^"]*")\s*(?:,|$)""")
_COMMANDS = frozenset(
    {
        *("anomaly", "dedup", "diff", "display", "fields", "filter", "filterindex", "limit", "parse"),
        *("pattern", "sort", "stats", "unmask", "unnest"),
    }
)
_NO_COMMAND = re.compile(
    rf"{_STRING}|(?:\blike|=~|\bparse\s++\S++)\s*+/(?:[^/\\\n]|\\.)++/|#[^\n]*|`[^`]*`", re.I | re.S
)
_CHOOSING = re.compile(r"\b(?:source|loggroups|join|lookup)\b", re.IGNORECASE)
# The same where a command or a query in it begins, also in what the gate takes for texts, patterns and
# comments: CloudWatch may end those elsewhere.
_CHOOSING_WITHIN = re.compile(
    r"[|(]\s*(?:source\s*['\"]|join\b[^|()]*=|lookup\b[^|()]*\boutput\b)|\bloggroups\s*\(", re.IGNORECASE
)
# A comment between where a command begins and the command: the last of a line, and a line of its own.
_COMMENT_BEFORE = re.compile(r"^(?:(.*[|(][ \t]*)|[ \t]*)#.*$", re.MULTILINE)


def chooses_within(query: str) -> bool:
    """Return whether a query of logs may choose its groups, or join others, anywhere but at its start."""
    return any(_CHOOSING_WITHIN.search(text) for text in (query, _COMMENT_BEFORE.sub(r"\1", query)))


@dataclass(frozen=True)
class Own:
    """What is an extension's own among metrics and logs.

    Args:
        facts: The tenant.
        ownership: Its resources.
    """

    facts: Facts
    ownership: Ownership

    @classmethod
    def of(cls, model: Model) -> Own:
        """What is own in a model."""
        return cls(model.facts, Ownership.of(model))

    def is_own(self, name: Any) -> bool:
        """Whether this is the name of a resource of its own, or of the tenant's bus."""
        if isinstance(name, Unknown):
            return True  # P1-043 reports it where it decides
        facts = self.facts
        return isinstance(name, str) and (name in (facts.tenant, facts.bus_arn) or self.ownership.owns(name))

    def of_metric(self, namespace: Any, dimensions: Iterable[Any]) -> str:
        """What is wrong with a metric; "" for one of its own."""
        if isinstance(namespace, Unknown) or namespace == self.facts.metrics:
            return ""
        if str(namespace).startswith("presso/"):
            return f"measures {namespace}"
        return "" if any(map(self.is_own, dimensions)) else f"measures {namespace} of all in the account"

    def of_expression(self, text: str) -> str:
        """What is wrong with an expression; "" for one of its own metrics."""
        if re.match(r"\s*SELECT\b", text, re.IGNORECASE):
            return self._of_query(text)
        for found in _SEARCH.finditer(text):
            search = re.sub(r"\\(.)", r"\1", found[1][1:-1])
            if fault := self.of_search(search):
                return fault
        rest = _OF_THE_GRAPH.sub("0", _SEARCH.sub("0", text))
        unknown = [name for name in _CALLED.findall(rest) if name.upper() not in _FUNCTIONS | {"AND", "OR"}]
        if unknown:
            return f"calls {unknown[0]}, which may measure others"
        return "" if _ARITHMETIC.fullmatch(rest) else f"cannot be read: {text[:60]}"

    def of_search(self, text: str) -> str:
        """What is wrong with a search: all its terms must hold, and one names what is its own."""
        at, is_own = 0, False
        while at < len(text):
            found = _TERM.match(text, at)
            if found is None or (found[4] or "").upper() in ("NOT", "OR"):
                return f"searches by other than terms that must all hold: {text[:60]}"
            at = found.end()
            namespace, exact = (found[1] or "").partition(",")[0].strip().strip('"'), found[3]
            key = (found[2] or "").rstrip("= ").lower()
            if key == f":{_ACCOUNT}":
                if (exact or found[4]) not in (self.facts.account, "LOCAL"):
                    return f"measures the account {exact or found[4]}"
            elif key == "namespace":
                namespace = exact or ""
            elif exact is not None and self.is_own(exact):
                is_own = True
            if namespace == self.facts.metrics:
                is_own = True
            elif namespace.startswith("presso/"):
                return f"measures {namespace}"
        return "" if is_own else f"measures all in the account: {text[:60]}"

    def _of_query(self, text: str) -> str:
        tokens = _tokens(text)
        kinds = [kind for kind, _ in tokens]
        if not _QUERY.fullmatch(" ".join(kinds)):
            return f"cannot be read: {text[:60]}"
        first = kinds.index("FROM") + (3 if "SCHEMA" in kinds else 1)
        namespace = tokens[first][1]
        is_own = namespace == self.facts.metrics
        if namespace.startswith("presso/") and not is_own:
            return f"measures {namespace}"
        for number in (number for number, kind in enumerate(kinds) if kind == "V"):
            (_, key), (sign, _), (_, value) = tokens[number - 2 : number + 1]
            if key.lower() == _ACCOUNT:
                if (sign, value) != ("=", self.facts.account):
                    return f"measures the account {value if sign == '=' else 'of others'}"
            else:
                is_own = is_own or (sign == "=" and self.is_own(value))
        return "" if is_own else f"measures all in the account: {text[:60]}"

    def of_logs(self, text: str) -> str:
        """What is wrong with a query of logs, which begins with the groups that it reads."""
        at = 0
        while found := _SOURCE.match(text, at):
            at = found.end()
            if found["name"] is not None:
                if not self.is_own(found["name"][1:-1]):
                    return f"reads the log group {found['name'][1:-1]}"
            elif fault := self._of_groups(found["groups"]):
                return fault
        if not at:
            return f"reads logs without naming a group first: {text[:60]}"
        rest = _NO_COMMAND.sub("0", text[at:])
        commands = [command.split()[0].lower() for command in rest.split("|") if command.split()]
        chooses = _CHOOSING.search(rest) or chooses_within(text[max(at - 1, 0) :])
        if chooses or not {*commands} <= _COMMANDS:
            return f"has a command that the gate does not know: {text[at : at + 60].strip()}"
        return ""

    def _of_groups(self, text: str) -> str:
        at, given = 0, dict[str, list[str]]()
        while at < len(text):
            found = _GROUPS.match(text, at)
            if found is None:
                return f"reads log groups that cannot be read: {text[:60]}"
            if re.sub(_STRING, "", found[2]).strip("[], ") or found[1].lower() in given:
                return f"reads log groups that cannot be read: {text[:60]}"
            given[found[1].lower()] = [value[1:-1] for value in re.findall(_STRING, found[2])]
            at = found.end()
        accounts, prefixes = given.get("accountidentifiers", []), given.get("nameprefix", [])
        known = {"accountidentifiers", "class", "nameprefix"}
        if not {*given} <= known or {*accounts} - {self.facts.account}:
            return f"reads log groups of others: {text[:60]}"
        is_own = bool(prefixes) and all(map(self.ownership.owns, prefixes))
        return "" if is_own else f"reads all log groups of the account: {text[:60] or 'logGroups()'}"


def _tokens(text: str) -> list[tuple[str, str]]:
    """The tokens of a query of metrics: a keyword, a sign, W or V for a word or a value; "?" for another."""
    found, at = [], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return [("?", text[at:])]
        at = token.end()
        if token[1] is not None:
            is_keyword = token[1].upper() in _KEYWORDS
            found.append((token[1].upper() if is_keyword else "W", token[1].strip('"')))
        elif token[2] or token[3]:
            found.append(("V", token[2][1:-1]) if token[2] else (token[3], token[3]))
    return found


def of_alarm(own: Own, values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield the attributes of an alarm that measure others', each with a sentence's end."""
    if values.get("namespace") is not None and (fault := _of_metric(own, values)):
        yield "dimensions" if values.get("dimensions") else "namespace", fault
    queries = values.get("metric_query")
    for query in queries if isinstance(queries, list) else ():
        expression, metrics = query.get("expression"), query.get("metric")
        if isinstance(expression, str) and expression and (fault := own.of_expression(expression)):
            yield "metric_query", fault
        for metric in metrics if isinstance(metrics, list) else ():
            if fault := _of_metric(own, metric):
                yield "metric_query", fault


def _of_metric(own: Own, metric: Mapping[str, Any]) -> str:
    """What is wrong with a metric that an alarm names by namespace and dimensions; "" for one of its own."""
    dimensions = metric.get("dimensions")
    given = [dimensions] if isinstance(dimensions, Unknown) else (dimensions or {}).values()
    return own.of_metric(metric.get("namespace"), given)
