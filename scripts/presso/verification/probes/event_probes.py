"""EventBridge and Scheduler: events, rules, targets, policies, replays, schedules."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from presso.verification.bench import VERSION, Bench, Queue
from presso.verification.call_guard import CouldNotTry
from presso.verification.claims import probe

_FAILING = "def handle(event, context):\n    raise ValueError('sold out')\n"


def _admit_events(bench: Bench, group: str) -> None:
    """Let the tenant's rules write to a log group, by a policy on this one group."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{group}:*",
        "Condition": {"ArnLike": {"aws:SourceArn": bench.arn("events", f"rule/{bench.tenant}*")}},
    }
    document = json.dumps({"Version": VERSION, "Statement": [statement]})
    bench.client("logs").put_resource_policy(
        policyName=bench.name("policy"), resourceArn=f"{group}:*", policyDocument=document
    )


@probe("EventBridge", "a rule's target can be a log group", aws="logged")
def rule_logs_events(bench: Bench) -> str:
    """A log group with a policy of its own (`logs:PutResourcePolicy` with its ARN) gets a rule's events."""
    group, bus = bench.log_group(), bench.bus()
    _admit_events(bench, group)
    bench.rule(bus, {"Arn": group})
    bench.put(bus, Detail='{"cups": 2}')
    lines = bench.wait(lambda: bench.lines(group.partition("log-group:")[2]))
    return "logged" if lines and json.loads(lines[0])["detail"] == {"cups": 2} else "not logged"


@probe("EventBridge", "an event for a target that is not there", aws="NO_RESOURCE")
def event_without_target_is_a_dead_letter(bench: Bench) -> str:
    """An event for a queue that does not exist goes to the target's dead-letter queue, with its reason."""
    bus, letters = bench.bus(), bench.queue()
    bench.rule(bus, {"Arn": bench.arn("sqs", bench.name("gone")), "DeadLetterConfig": {"Arn": letters.arn}})
    bench.put(bus)
    return _reason(bench, letters, 60)


def _reason(bench: Bench, letters: Queue, seconds: float) -> str:
    found = bench.received(letters, seconds)
    if not found:
        return "dropped"
    attributes = found.get("MessageAttributes", {})
    bench.say(attributes.get("ERROR_MESSAGE", {}).get("StringValue", ""))
    return str(attributes["ERROR_CODE"]["StringValue"])


@probe("EventBridge", "a function that is a target is invoked asynchronously", aws="the function's")
def failure_of_a_function_is_its_own_dead_letter(bench: Bench) -> str:
    """When a function that is a target fails, the event goes to the function's dead-letter queue."""
    own, letters, bus = bench.queue("own"), bench.queue("letters"), bench.bus()
    arn = bench.function(_FAILING, DeadLetterConfig={"TargetArn": own.arn})
    lambdas = bench.client("lambda")
    lambdas.put_function_event_invoke_config(FunctionName=bench.name("f"), MaximumRetryAttempts=0)
    lambdas.add_permission(
        FunctionName=bench.name("f"),
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=bench.arn("events", f"rule/{bus}/{bench.name('r')}"),
    )
    bench.rule(bus, {"Arn": arn, "DeadLetterConfig": {"Arn": letters.arn}})
    bench.put(bus)
    if bench.received(own):
        return "the function's"
    return "the target's" if bench.received(letters, 1) else "none"


@probe("EventBridge", "an entry without `Source`", aws="InvalidArgument, MalformedDetail, accepted")
def wrong_entries_fail_alone(bench: Bench) -> str:
    """An entry without a source fails, as does one whose detail is not an object; the others go on."""
    bus = bench.bus()
    right = {"Source": "cafe", "DetailType": "Order", "Detail": "{}", "EventBusName": bus}
    entries = [{**right, "Source": ""}, {**right, "Detail": "[]"}, right]
    found = bench.client("events").put_events(Entries=entries)["Entries"]
    return ", ".join(entry.get("ErrorCode", "accepted") for entry in found)


@probe("EventBridge", "a request of more than 256 KB", aws="refused")
def large_events_are_refused(bench: Bench) -> str:
    """A request of more than 256 KB is refused."""
    return bench.tried(bench.put, bus=bench.bus(), Detail=json.dumps({"x": "x" * 2**18}))


@probe("EventBridge", "an entry's `Time`", aws="kept")
def time_of_an_entry_is_kept(bench: Bench) -> str:
    """An entry's time is its event's."""
    bus, queue = bench.bus(), bench.queue()
    bench.rule(bus, {"Arn": queue.arn})
    bench.put(bus, Time=datetime(2026, 1, 1, tzinfo=UTC))
    body = json.loads(bench.received(queue).get("Body", "{}"))
    return "kept" if body.get("time") == "2026-01-01T00:00:00Z" else str(body.get("time", "no event"))


def _bus_policy(bench: Bench, bus: str, effect: str) -> dict[str, Any]:
    """A policy of a bus that allows or denies the account to put events."""
    statement = {
        "Sid": "account",
        "Effect": effect,
        "Principal": {"AWS": bench.root},
        "Action": "events:PutEvents",
        "Resource": bench.arn("events", f"event-bus/{bus}"),
    }
    return {"Version": VERSION, "Statement": [statement]}


@probe("EventBridge", "a bus policy set as a document", aws="kept")
def bus_policy_is_kept_as_given(bench: Bench) -> str:
    """A bus policy set as a document is kept unchanged."""
    bus = bench.bus()
    policy = _bus_policy(bench, bus, "Allow")
    bench.client("events").put_permission(EventBusName=bus, Policy=json.dumps(policy))
    found = json.loads(bench.client("events").describe_event_bus(Name=bus)["Policy"])
    return "kept" if found == policy else "changed"


@probe("EventBridge", "the condition of a permission", aws="as a policy has it")
def condition_of_a_permission_is_a_policy_s(bench: Bench) -> str:
    """The condition of a permission is in the bus policy as a policy has it."""
    bus, organization = bench.bus(), {"Key": "aws:PrincipalOrgID", "Value": "o-1234567890"}
    bench.client("events").put_permission(
        EventBusName=bus,
        StatementId="s",
        Action="events:PutEvents",
        Principal="*",
        Condition={"Type": "StringEquals", **organization},
    )
    (statement,) = json.loads(bench.client("events").describe_event_bus(Name=bus)["Policy"])["Statement"]
    wanted = {"StringEquals": {organization["Key"]: organization["Value"]}}
    return "as a policy has it" if statement["Condition"] == wanted else "otherwise"


@probe("EventBridge", "a rule needs a pattern or a schedule", aws="refused, refused, refused, reset")
def rules_are_checked(bench: Bench) -> str:
    """A rule needs a pattern, has at most five targets, on an own bus no schedule; a put resets the rest."""
    bus, events = bench.bus(), bench.client("events")
    here: dict[str, Any] = {"Name": bench.name("r"), "EventBusName": bus}
    empty = bench.tried(events.put_rule, **here)
    scheduled = bench.tried(events.put_rule, **here, ScheduleExpression="rate(1 day)")
    events.put_rule(**here, EventPattern='{"source": ["cafe"]}', Description="old")
    targets = [{"Id": f"t{n}", "Arn": bench.arn("sqs", bench.name(f"q{n}"))} for n in range(6)]
    many = bench.limited(events.put_targets, Rule=here["Name"], EventBusName=bus, Targets=targets)
    events.put_rule(**here, EventPattern='{"source": ["cafe"]}')
    kept = "Description" in events.describe_rule(**here)
    return f"{empty}, {scheduled}, {many}, {'kept' if kept else 'reset'}"


@probe("EventBridge", "a rule with targets and a bus with rules", aws="refused, refused")
def what_is_used_is_not_deleted(bench: Bench) -> str:
    """A rule with targets and a bus with rules cannot be deleted."""
    bus, events = bench.bus(), bench.client("events")
    bench.rule(bus, {"Arn": bench.arn("sqs", bench.name("q"))})
    rule = bench.tried(events.delete_rule, Name=bench.name("r"), EventBusName=bus)
    return f"{rule}, {bench.tried(events.delete_event_bus, Name=bus)}"


@probe("EventBridge", "a pattern's path matches a field with dots", aws="matches")
def pattern_matches_a_field_with_dots(bench: Bench) -> str:
    """A pattern's path matches a field with dots in its name."""
    event = {"id": "1", "source": "s", "detail-type": "t", "account": "0" * 12, "region": bench.region}
    whole = json.dumps(
        {**event, "time": "2026-01-01T00:00:00Z", "resources": [], "detail": {"service.name": "cafe"}}
    )
    pattern = json.dumps({"detail": {"service.name": ["cafe"]}})
    found = bench.client("events").test_event_pattern(EventPattern=pattern, Event=whole)["Result"]
    return "matches" if found else "does not match"


@probe("EventBridge", "text that an input transformer puts into a string", aws="valid JSON")
def transformed_text_is_escaped(bench: Bench) -> str:
    """Text that an input transformer puts into a string of its template is escaped."""
    bus, queue = bench.bus(), bench.queue()
    transformer = {"InputPathsMap": {"text": "$.detail.text"}, "InputTemplate": '{"note": "<text>"}'}
    bench.rule(bus, {"Arn": queue.arn, "InputTransformer": transformer})
    bench.put(bus, Detail=json.dumps({"text": 'a "b"\n\\'}))
    body = bench.received(queue).get("Body")
    if body is None:
        return "no event"
    try:
        json.loads(body)
    except ValueError:
        return "invalid JSON"
    return "valid JSON"


@probe("EventBridge", "a replay of an archive reaches", aws="1, 0", seconds=900)
def replay_reaches_the_rules_it_names(bench: Bench) -> str:
    """A replay of an archive reaches the rules that its destination names, and no other."""
    bus, events = bench.bus(), bench.client("events")
    named, other = bench.queue("named"), bench.queue("other")
    source = bench.arn("events", f"event-bus/{bus}")
    archive = events.create_archive(ArchiveName=bench.name("a"), EventSourceArn=source)["ArchiveArn"]
    bench.wait(lambda: events.describe_archive(ArchiveName=bench.name("a"))["State"] == "ENABLED", 60)
    bench.put(bus)
    rule = bench.rule(bus, {"Arn": named.arn}, of="named")
    bench.rule(bus, {"Arn": other.arn}, of="other")
    bench.absent(lambda: False, 600, local=0)  # so long AWS may take to archive an event
    events.start_replay(
        ReplayName=bench.name("again"),
        EventSourceArn=archive,
        EventStartTime=time.time() - 3600,
        EventEndTime=time.time(),
        Destination={"Arn": source, "FilterArns": [rule]},
    )
    bench.wait(lambda: events.describe_replay(ReplayName=bench.name("again"))["State"] == "COMPLETED")
    counts = [len(bench.received(queue, 5)) > 0 for queue in (named, other)]
    if not any(counts):
        raise CouldNotTry("the archive had not kept the event after ten minutes")
    return ", ".join(str(int(count)) for count in counts)


@probe("EventBridge", "a retry policy has no effect", aws="dead letter", local="dropped", seconds=240)
def refused_call_of_an_api_destination_is_a_dead_letter(bench: Bench) -> str:
    """An event that an API destination refuses (here AWS's own SQS, unsigned) is a dead letter."""
    bus, letters, events = bench.bus(), bench.queue(), bench.client("events")
    key = {"ApiKeyName": "x-probe", "ApiKeyValue": "none"}
    connection = events.create_connection(
        Name=bench.name("c"), AuthorizationType="API_KEY", AuthParameters={"ApiKeyAuthParameters": key}
    )["ConnectionArn"]
    ready = ("AUTHORIZED", "ACTIVE")
    bench.wait(lambda: events.describe_connection(Name=bench.name("c"))["ConnectionState"] in ready, 60)
    destination = events.create_api_destination(
        Name=bench.name("d"),
        ConnectionArn=connection,
        InvocationEndpoint=f"https://sqs.{bench.region}.amazonaws.com/",
        HttpMethod="POST",
    )["ApiDestinationArn"]
    allowed = {"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": destination}
    target = {
        "Arn": destination,
        "RoleArn": bench.role("caller", allowed),
        "DeadLetterConfig": {"Arn": letters.arn},
    }
    bench.rule(bus, {**target, "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}})
    bench.put(bus)
    reason = _reason(bench, letters, 150 if bench.real else 6)
    return reason if reason == "dropped" else "dead letter"


@probe("EventBridge", "policies of targets (queues, log groups", aws="denied", local="accepted")
def bus_policy_is_enforced(bench: Bench) -> str:
    """A bus policy that denies `events:PutEvents` to the account denies it."""
    bus = bench.bus()
    policy = json.dumps(_bus_policy(bench, bus, "Deny"))
    bench.client("events").put_permission(EventBusName=bus, Policy=policy)
    bench.absent(lambda: False, 5, local=0)
    if not bench.allowed(bench.put, bus=bus):
        return "denied"
    answer = bench.put(bus)
    return "denied" if answer["FailedEntryCount"] else "accepted"


@probe(
    "EventBridge",
    "targets: queues, functions, state machines",
    aws="dead letter",
    local="dropped",
    seconds=240,
)
def other_targets_are_delivered_to(bench: Bench) -> str:
    """An event for a stream of Kinesis that is not there is a dead letter: the kind is delivered to."""
    bus, letters = bench.bus(), bench.queue()
    stream = bench.arn("kinesis", f"stream/{bench.name('gone')}")
    retries = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    target = {"Arn": stream, "RoleArn": bench.worker(), "DeadLetterConfig": {"Arn": letters.arn}}
    bench.rule(bus, {**target, "RetryPolicy": retries})
    bench.put(bus)
    reason = _reason(bench, letters, 150 if bench.real else 4)
    return reason if reason == "dropped" else "dead letter"


@probe("EventBridge", "any bus name is accepted", aws="refused", local="accepted")
def names_of_buses_are_checked(bench: Bench) -> str:
    """A bus's name has no spaces."""
    return bench.tried(bench.client("events").create_event_bus, Name=f"{bench.name('no')} bus!")


def _due(bench: Bench, queue: Queue, text: str, role: str = "", **target: Any) -> datetime:
    """Make a schedule for the next moment, and return when that is."""
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=5 if bench.real else 1)
    bench.retried(
        bench.client("scheduler").create_schedule,
        Name=bench.name("s"),
        ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": queue.arn, "RoleArn": role or bench.worker(), "Input": text, **target},
    )
    return due


@probe("Scheduler", "`<aws.scheduler.scheduled-time>`", aws="replaced", seconds=120)
def schedule_s_input_has_its_values(bench: Bench) -> str:
    """The context attributes in a schedule's input are replaced with the start's values."""
    queue = bench.queue()
    _due(bench, queue, '{"due": "<aws.scheduler.scheduled-time>", "by": "<aws.scheduler.schedule-arn>"}')
    body = bench.received(queue).get("Body", "{}")
    return "replaced" if bench.name("s") in body and "<aws" not in body else "not replaced"


@probe("Scheduler", "starts within a second", aws="within a second", seconds=120)
def schedule_starts_at_its_time(bench: Bench) -> str:
    """A schedule starts within a second of its time."""
    queue = bench.queue()
    due = _due(bench, queue, "{}")
    found: list[dict[str, Any]] = []

    def there() -> bool:
        got = bench.client("sqs").receive_message(QueueUrl=queue.url, AttributeNames=["SentTimestamp"])
        found.extend(got.get("Messages", []))
        return bool(found)

    if not bench.wait(there):
        return "not at all"
    late = int(found[0]["Attributes"]["SentTimestamp"]) / 1000 - due.timestamp()
    bench.say(f"{late:.1f} s after its time")
    return "within a second" if late < (1 if bench.real else 10) else "later"


@probe("Scheduler", "a schedule acts as its role", aws="the role's dead letters", seconds=240)
def schedule_acts_as_its_role(bench: Bench) -> str:
    """A schedule whose role may send to its dead-letter queue alone leaves a dead letter."""
    target, letters = bench.queue("target"), bench.queue("letters")
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": letters.arn}
    own = bench.role("schedule", allowed)
    retries = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    _due(bench, target, "{}", own, DeadLetterConfig={"Arn": letters.arn}, RetryPolicy=retries)
    if bench.received(letters):
        return "the role's dead letters"
    return "delivered" if bench.received(target, 1) else "nothing"


@probe("EventBridge", "a rule needs permission for its target", aws="NO_PERMISSIONS", seconds=240)
def target_s_policy_admits_the_rule(bench: Bench) -> str:
    """A queue without a policy gets no event; the event is a dead letter."""
    bus, letters = bench.bus(), bench.queue("letters")
    bench.client("sqs").create_queue(QueueName=bench.name("closed"))
    arn = bench.arn("sqs", bench.name("closed"))
    retries = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    bench.rule(bus, {"Arn": arn, "DeadLetterConfig": {"Arn": letters.arn}, "RetryPolicy": retries})
    bench.put(bus)
    return _reason(bench, letters, 150)


@probe("IAM", "stored, and enforced only on request", aws="not started", local="started", seconds=240)
def trust_of_a_rule_s_role_is_evaluated(bench: Bench) -> str:
    """A role whose trust names another rule as its source starts nothing for this rule."""
    bus, letters = bench.bus(), bench.queue("letters")
    machine = bench.machine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    other = {"ArnEquals": {"aws:SourceArn": bench.arn("events", f"rule/{bus}/another")}}
    allowed = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine}
    starter = bench.role("starter", allowed, condition=other)
    target = {"Arn": machine, "RoleArn": starter, "DeadLetterConfig": {"Arn": letters.arn}}
    retries = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    try:
        bench.rule(bus, {**target, "RetryPolicy": retries})
    except bench.client("events").exceptions.ClientError as error:
        bench.say(str(error))
        return "not started"
    bench.put(bus)
    executions = bench.client("stepfunctions").list_executions
    begun = bench.wait(lambda: executions(stateMachineArn=machine)["executions"], 120 if bench.real else 3)
    return "started" if begun else "not started"
