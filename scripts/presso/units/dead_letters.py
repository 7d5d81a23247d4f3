"""Dead letters of a unit: what its functions, workflows and queues failed to take, and how it is sent again.

Four kinds of messages are in the queues `<tenant>--<unit>--<name>--dead-letters`:
- Lambda's, of a function that failed three times: the event itself, with the attribute `ErrorMessage`;
- EventBridge's, of a target that did not take an event: the event, with the attribute `TARGET_ARN`;
- Lambda's, of records of a table's stream: their place in it (`DDBStreamBatchInfo`). A stream keeps its
  records for a day;
- SQS's, of the queue `<tenant>--<unit>--<name>`: a message that was received too often.

Sources: Lambda developer guide, "Retaining records of asynchronous invocations" and "Using AWS Lambda with
Amazon DynamoDB"; EventBridge user guide, "Using dead-letter queues"; SQS developer guide, "Using dead-letter
queues in Amazon SQS".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from presso.aws_access import Access, listed_items
from presso.errors import PressoError
from presso.names import PLATFORM
from presso.units.owned_unit import OwnedUnit

_ENDING = "--dead-letters"
# Hidden for longer than a function of the bar runs: no letter is sent by two at once.
_RECEIVE: dict[str, Any] = {
    "MaxNumberOfMessages": 10,
    "MessageAttributeNames": ["All"],
    "VisibilityTimeout": 60,
}
_GONE = ("TrimmedDataAccessException", "ResourceNotFoundException")


@dataclass(frozen=True)
class Letters:
    """The dead letters of one function, workflow, schedule or queue.

    Args:
        name: Its name after the unit's prefix.
        count: How many there are; AWS counts approximately.
        queue: The queue's URL.
    """

    name: str
    count: int
    queue: str


@dataclass(frozen=True)
class Sent:
    """What became of the dead letters of one function, workflow, schedule or queue.

    Args:
        name: Its name after the unit's prefix.
        sent: How many were taken.
        faults: Why the others were not: those are still in the queue.
    """

    name: str
    sent: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeadLetter:
    """One dead letter.

    Args:
        body: What was not taken.
        cause: Why, as AWS has it; "" where it gives no cause.
    """

    body: str
    cause: str


class DeadLetters:
    """The dead letters of a unit.

    Args:
        unit: The coffee bar, or an extension.
    """

    def __init__(self, unit: OwnedUnit) -> None:
        self._unit = unit
        self._sqs: Any = unit.access.client("sqs")

    def all(self) -> list[Letters]:
        """Return them by name, where there are any.

        Raises:
            PressoError: The unit is not deployed.
        """
        urls = _queues(self._sqs, self._unit.prefix)
        if not urls:
            raise self._unit.missing()
        return _counted(self._sqs, self._unit.prefix, urls)

    def samples(self, letters: Letters) -> list[DeadLetter]:
        """Return up to ten of the letters; they stay where they are."""
        asked = {**_RECEIVE, "VisibilityTimeout": 0}
        found = self._sqs.receive_message(QueueUrl=letters.queue, **asked).get("Messages", [])
        return [DeadLetter(each["Body"], _cause(each.get("MessageAttributes", {}))) for each in found]

    def send(self) -> list[Sent]:
        """Send each once more; one that is taken leaves its queue.

        Raises:
            PressoError: The unit is not deployed.
        """
        return [self.send_again(letters) for letters in self.all()]

    def send_again(self, letters: Letters) -> Sent:
        """Send each of these once more; one that is taken leaves its queue, and one that is not stays."""
        from botocore.exceptions import ClientError

        sent, faults = 0, list[str]()
        for message in [*self._messages(letters.queue)]:
            place = {"QueueUrl": letters.queue, "ReceiptHandle": message["ReceiptHandle"]}
            try:
                self._deliver(letters.name, message["Body"], message.get("MessageAttributes", {}))
            except (PressoError, ClientError) as error:
                faults.append(error.message if isinstance(error, PressoError) else str(error))
                self._sqs.change_message_visibility(**place, VisibilityTimeout=0)
                continue
            self._sqs.delete_message(**place)
            sent += 1
        return Sent(letters.name, sent, tuple(dict.fromkeys(faults)))

    def _messages(self, queue: str) -> Iterator[dict[str, Any]]:
        """Each message once: what is received is hidden from the next request."""
        while found := self._sqs.receive_message(QueueUrl=queue, **_RECEIVE).get("Messages"):
            yield from found

    def _deliver(self, name: str, body: str, attributes: dict[str, Any]) -> None:
        target = _text(attributes, "TARGET_ARN")
        service = (target.split(":") + [""] * 3)[2]
        its_queue = target.rpartition(":")[2] if service == "sqs" else f"{self._unit.prefix}{name}"
        event = _parsed(body)
        if event.keys() == {"due"}:
            return  # a schedule's: it has started the function again since
        if service in ("sqs", "states"):
            self._check_own(target.rpartition(":")[2], target)
        if place := event.get("DDBStreamBatchInfo"):
            self._unit.call(name, {"Records": self._records(place)})
        elif service in ("", "sqs") and (queue := self._queue(its_queue)):
            given = {} if target else attributes  # EventBridge's are about the fault
            self._sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=given)
        elif service == "states":
            workflows = self._unit.access.client("stepfunctions")
            workflows.start_execution(stateMachineArn=target, input=body)
        elif service in ("", "lambda"):
            self._unit.call(target.rpartition(self._unit.prefix)[2] if target else name, event)
        else:
            raise PressoError(f"Only its rule or schedule can deliver to {target}.")

    def _check_own(self, name: str, arn: str) -> None:
        """Refuse what is not the unit's: it can write its letters itself, and its owner's keys can do more.

        Raises:
            PressoError: The name is not one of the unit's.
        """
        if not name.startswith(self._unit.prefix):
            unit = f"{self._unit.tenant}/{self._unit.part}"
            raise PressoError(f"A letter of {unit} names what is not its own: {arn}.")

    def _queue(self, name: str) -> str:
        """The URL of a queue; "" for none."""
        try:
            return str(self._sqs.get_queue_url(QueueName=name)["QueueUrl"])
        except self._sqs.exceptions.QueueDoesNotExist:
            return ""

    def _records(self, place: dict[str, Any]) -> list[dict[str, Any]]:
        """The records of a stream from one place to another.

        Raises:
            PressoError: The stream is not the unit's, or does not have them any more.
        """
        from botocore.exceptions import ClientError

        try:
            arn, last = str(place["streamArn"]), int(place["endSequenceNumber"])
            shard, first = str(place["shardId"]), str(place["startSequenceNumber"])
        except (LookupError, TypeError, ValueError):
            raise PressoError("A letter's place in a stream cannot be read.") from None
        self._check_own(arn.partition(":table/")[2], arn)
        streams = self._unit.access.client("dynamodbstreams")
        try:
            iterator = streams.get_shard_iterator(
                StreamArn=arn,
                ShardId=shard,
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                SequenceNumber=first,
            )["ShardIterator"]
            found: list[dict[str, Any]] = []
            while iterator and (not found or int(found[-1]["dynamodb"]["SequenceNumber"]) < last):
                page = streams.get_records(ShardIterator=iterator)
                if not page["Records"]:
                    break
                found += page["Records"]
                iterator = page.get("NextShardIterator")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise
            found = []
        due = [record for record in found if int(record["dynamodb"]["SequenceNumber"]) <= last]
        if not due:
            raise PressoError("The table's stream keeps its records for a day: these are gone.")
        return [_plain(record) for record in due]


def in_tenant(access: Access, tenant: str) -> dict[str, list[Letters]]:
    """Return the dead letters of a tenant's units, where there are any, by the unit's name in the tenant."""
    sqs, parts = access.client("sqs"), dict[str, list[str]]()
    for url in _queues(sqs, f"{tenant}--"):
        part, sign, _ = url.rpartition("/")[2].removeprefix(f"{tenant}--").partition("--")
        parts.setdefault(part if sign else PLATFORM, []).append(url)
    prefixes = {part: tenant if part == PLATFORM else f"{tenant}--{part}--" for part in parts}
    found = {part: _counted(sqs, prefixes[part], urls) for part, urls in parts.items()}
    return {part: letters for part, letters in found.items() if letters}


def _queues(sqs: Any, prefix: str) -> list[str]:
    """The URLs of the queues of dead letters with a prefix."""
    queues = listed_items(sqs, "list_queues", "QueueUrls", QueueNamePrefix=prefix)
    return sorted(url for url in queues if url.endswith(_ENDING))


def _counted(sqs: Any, prefix: str, urls: list[str]) -> list[Letters]:
    found = []
    for url in urls:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        if count := sum(int(counts.get(name, 0)) for name in names):
            name = url.rpartition("/")[2].removeprefix(prefix).removesuffix(_ENDING)
            found.append(Letters(name or PLATFORM, count, url))
    return found


def _cause(attributes: dict[str, Any]) -> str:
    """Why a letter was not taken: Lambda's attribute, or EventBridge's two."""
    code, message = (_text(attributes, name) for name in ("ERROR_CODE", "ERROR_MESSAGE"))
    return _text(attributes, "ErrorMessage") or ": ".join(filter(None, (code, message)))


def _text(attributes: dict[str, Any], name: str) -> str:
    return str(attributes.get(name, {}).get("StringValue", ""))


def _parsed(body: str) -> dict[str, Any]:
    """The event in a message; empty where there is none.

    Raises:
        PressoError: It cannot be read.
    """
    try:
        found = json.loads(body)
    except RecursionError:
        raise PressoError("A letter is nested too deep to be sent again.") from None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """A record without the time of its write, which JSON cannot hold, and no function of the bar reads."""
    left = {
        name: value for name, value in record["dynamodb"].items() if name != "ApproximateCreationDateTime"
    }
    return {**record, "dynamodb": left}
