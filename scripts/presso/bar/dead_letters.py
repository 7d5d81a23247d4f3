"""Dead letters of a bar: what its functions and workflows failed to take, and how it is sent again.

Three kinds of messages are in the queues `<tenant>--core--<name>--dead-letters`:
- Lambda's, of a function that failed three times: the event itself, with the attribute `ErrorMessage`;
- EventBridge's, of a target that could not be started: the event, with the attribute `TARGET_ARN`;
- Lambda's, of records of a table's stream: their place in it (`DDBStreamBatchInfo`). A stream keeps its
  records for a day.

Sources: Lambda developer guide, "Retaining records of asynchronous invocations" and "Using AWS Lambda with
Amazon DynamoDB"; EventBridge user guide, "Using dead-letter queues".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from presso.aws_access import listed_items
from presso.bar.owned_bar import OwnedBar
from presso.errors import PressoError

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
    """The dead letters of one function, workflow or schedule.

    Args:
        name: Its name after the core's prefix.
        count: How many there are; AWS counts approximately.
        queue: The queue's URL.
    """

    name: str
    count: int
    queue: str


@dataclass(frozen=True)
class Sent:
    """What became of the dead letters of one function, workflow or schedule.

    Args:
        name: Its name after the core's prefix.
        sent: How many were taken.
        faults: Why the others were not: those are still in the queue.
    """

    name: str
    sent: int
    faults: tuple[str, ...] = ()


class DeadLetters:
    """The dead letters of a bar."""

    def __init__(self, bar: OwnedBar) -> None:
        self._bar = bar
        self._sqs: Any = bar.access.client("sqs")

    def all(self) -> list[Letters]:
        """Return them by name, where there are any.

        Raises:
            PressoError: The core is not deployed.
        """
        queues = listed_items(self._sqs, "list_queues", "QueueUrls", QueueNamePrefix=self._bar.prefix)
        urls = [url for url in queues if url.endswith(_ENDING)]
        if not urls:
            raise self._bar.missing()
        found = [Letters(self._name(url), self._count(url), url) for url in sorted(urls)]
        return [letters for letters in found if letters.count]

    def _name(self, url: str) -> str:
        return url.rpartition("/")[2].removeprefix(self._bar.prefix).removesuffix(_ENDING)

    def _count(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found.get(name, 0)) for name in names)

    def send(self) -> list[Sent]:
        """Send each once more; one that is taken leaves its queue.

        Raises:
            PressoError: The core is not deployed.
        """
        return [self._send(letters) for letters in self.all()]

    def _send(self, letters: Letters) -> Sent:
        sent, faults = 0, []
        for message in [*self._messages(letters.queue)]:
            place = {"QueueUrl": letters.queue, "ReceiptHandle": message["ReceiptHandle"]}
            try:
                self._deliver(letters.name, json.loads(message["Body"]), message.get("MessageAttributes", {}))
            except PressoError as error:
                faults.append(error.message)
                self._sqs.change_message_visibility(**place, VisibilityTimeout=0)
                continue
            self._sqs.delete_message(**place)
            sent += 1
        return Sent(letters.name, sent, tuple(dict.fromkeys(faults)))

    def _messages(self, queue: str) -> Iterator[dict[str, Any]]:
        """Each message once: what is received is hidden from the next request."""
        while found := self._sqs.receive_message(QueueUrl=queue, **_RECEIVE).get("Messages"):
            yield from found

    def _deliver(self, name: str, event: dict[str, Any], attributes: dict[str, Any]) -> None:
        if event.keys() == {"due"}:
            return  # a schedule's: it has started the function again since
        target = attributes.get("TARGET_ARN", {}).get("StringValue", "")
        if ":stateMachine:" in target:
            workflows = self._bar.access.client("stepfunctions")
            workflows.start_execution(stateMachineArn=target, input=json.dumps(event))
        elif place := event.get("DDBStreamBatchInfo"):
            self._bar.call(name, {"Records": self._records(place)})
        else:
            self._bar.call(target.rpartition(self._bar.prefix)[2] if target else name, event)

    def _records(self, place: dict[str, Any]) -> list[dict[str, Any]]:
        """The records of a stream from one place to another.

        Raises:
            PressoError: The stream does not have them any more.
        """
        from botocore.exceptions import ClientError

        streams = self._bar.access.client("dynamodbstreams")
        last = int(place["endSequenceNumber"])
        try:
            iterator = streams.get_shard_iterator(
                StreamArn=place["streamArn"],
                ShardId=place["shardId"],
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                SequenceNumber=place["startSequenceNumber"],
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


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """A record without the time of its write, which JSON cannot hold, and no function of the bar reads."""
    left = {
        name: value for name, value in record["dynamodb"].items() if name != "ApproximateCreationDateTime"
    }
    return {**record, "dynamodb": left}
