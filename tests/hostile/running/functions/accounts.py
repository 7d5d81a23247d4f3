"""Calling AWS as another than the function's role, or about other things than the role may."""

import json
import os
import socket
import urllib.request
from urllib.parse import urlsplit

import boto3
from attempts import succeeded
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest

HERE = "20261127/us-east-1"
ALGORITHM = "AWS4-HMAC-SHA256 "
LIST = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}


def handler(event, context):
    return {"could": succeeded(ATTEMPTS, event), "may": succeeded(MAY, event)}


def scope(key, service="dynamodb"):
    return f"{ALGORITHM}Credential={key}/{HERE}/{service}/aws4_request, SignedHeaders=host, Signature=0"


def unsigned(query="", path="/", body=b"{}", method="POST", **headers):
    """Ask with headers of one's own; raises unless the emulator does what is asked."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"{os.environ['AWS_ENDPOINT_URL']}{path}{query}"
    urllib.request.urlopen(urllib.request.Request(url, body, given, method=method), timeout=5).read()


def tables(make):
    """List all tables with what `make` makes of the account's number."""

    def attempt(event):
        query, authorization = make(event["account"])
        unsigned(query, Authorization=authorization, **LIST)

    return attempt


def signed(service, target, body, query="", path="/", method="POST", form=False, **headers):
    """Ask with the role's own signature for what it signs."""
    url = f"{os.environ['AWS_ENDPOINT_URL']}{path}{query}"
    kind = "application/x-www-form-urlencoded" if form else "application/x-amz-json-1.1"
    given = {"Content-Type": kind, **({"X-Amz-Target": target} if target else {}), **headers}
    text = body if isinstance(body, str) else json.dumps(body)
    asked = AWSRequest(method, url, given, text)
    SigV4Auth(boto3.Session().get_credentials(), service, "us-east-1").add_auth(asked)
    prepared = asked.prepare()
    request = urllib.request.Request(prepared.url, text.encode(), dict(prepared.headers), method=method)
    return urllib.request.urlopen(request, timeout=5).read()


def item(table, event, **more):
    body = {"TableName": table, "Item": {"pk": {"S": "x"}}, **more}
    return signed("dynamodb", "DynamoDB_20120810.PutItem", body)


def own(event, kind):
    account = event["account"]
    return {
        "table": f"arn:aws:dynamodb:us-east-1:{account}:table/own",
        "group": f"arn:aws:logs:us-east-1:{account}:log-group:own",
        "machine": f"arn:aws:states:us-east-1:{account}:stateMachine:own",
    }[kind]


def log_stream(group, query="", **more):
    body = {"logStreamName": "one", **({"logGroupName": group} if group else {}), **more}
    return signed("logs", "Logs_20140328.CreateLogStream", body, query)


def stopped(event):
    account = event["account"]
    execution = f"arn:aws:states:us-east-1:{account}:execution:other:one"
    body = {"executionArn": execution, "stateMachineArn": own(event, "machine")}
    return signed("states", "AWSStepFunctions.StopExecution", body)


def of_a_topic(event):
    topic = f"arn:aws:sns:us-east-1:{event['account']}:"
    body = f"Action=Publish&Message=x&TopicArn={topic}other"
    return signed("sns", "", body, f"?TopicArn={topic}own", form=True)


def twice(event):
    topic = f"arn:aws:sns:us-east-1:{event['account']}:"
    return signed("sns", "", f"Action=Publish&Message=x&TopicArn={topic}own&TopicArn={topic}other", form=True)


def queue(event, name, more=""):
    url = f"{os.environ['AWS_ENDPOINT_URL']}/{event['account']}/{name}{more}"
    return signed("sqs", "AmazonSQS.GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["All"]})


def job(event):
    body = {"Name": "j", "Role": "r", "Command": {"Name": "pythonshell", "ScriptLocation": "handler.py"}}
    return signed("glue", "AWSGlue.CreateJob", body)


def host_of_another(event):
    return signed("s3", "", "", path="/", method="GET", Host="other.s3.amazonaws.com")


def item_of_its_own(**more):
    """A request that the role may make, as text and body."""
    url = f"{os.environ['AWS_ENDPOINT_URL']}/"
    body = json.dumps({"TableName": "own", "Item": {"pk": {"S": "x"}}})
    given = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.PutItem"}
    asked = AWSRequest("POST", url, given, body)
    SigV4Auth(boto3.Session().get_credentials(), "dynamodb", "us-east-1").add_auth(asked)
    headers = {**dict(asked.prepare().headers), "Host": urlsplit(url).netloc, **more}
    del headers["Content-Length"]  # attempts add their own: a request with two is none
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()), body


def answers(text, wanted=1):
    """Send text as it is; raises unless there are so many answers of success."""
    place = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    with socket.create_connection((place.hostname, place.port), timeout=5) as connection:
        connection.sendall(text.encode())
        connection.settimeout(2)
        found = b""
        try:
            while more := connection.recv(65536):
                found += more
        except TimeoutError:
            pass
    if found.count(b"HTTP/1.1 200") < wanted:
        raise OSError(found[:200])


LISTING = "".join(f"{name}: {value}\r\n" for name, value in LIST.items())


def behind_its_own(event):
    headers, body = item_of_its_own()
    first = f"POST / HTTP/1.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}"
    host = urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc
    answers(f"{first}POST / HTTP/1.1\r\nHost: {host}\r\n{LISTING}Content-Length: 2\r\n\r\n{{}}", 2)


def in_its_own(event):
    """A body of two lengths: what is behind the shorter one is another request."""
    host = urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc
    hidden = f"POST / HTTP/1.1\r\nHost: {host}\r\n{LISTING}Content-Length: 2\r\n\r\n{{}}"
    headers, body = item_of_its_own()
    chunk = f"{len(body):x}\r\n{body}\r\n0\r\n\r\n{hidden}"
    lengths = f"Content-Length: {len(chunk)}\r\nTransfer-Encoding: chunked\r\n"
    answers(f"POST / HTTP/1.1\r\n{headers}{lengths}\r\n{chunk}", 2)


def with_a_second(header):
    """A request of its own with another header of the same name in front of it."""

    def attempt(event):
        headers, body = item_of_its_own()
        answers(f"POST / HTTP/1.1\r\n{header}\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}")

    return attempt


def at_another_address(event):
    headers, body = item_of_its_own()
    address = "http://admin/_ministack/config"
    answers(f"POST {address} HTTP/1.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}")


def signed_in_the_query(event):
    url = f"{os.environ['AWS_ENDPOINT_URL']}/{event['account']}/own?Action=GetQueueAttributes"
    asked = AWSRequest("GET", url)
    SigV4QueryAuth(boto3.Session().get_credentials(), "sqs", "us-east-1").add_auth(asked)
    urllib.request.urlopen(asked.prepare().url, timeout=5).read()


def copied(event):
    headers = {"x-amz-copy-source": "/other/secret"}
    return signed("s3", "", "", path="/own/copy", method="PUT", **headers)


ATTEMPTS = {
    "root's key, and a role's behind it": tables(lambda a: ("", scope(a) + ", X=Credential=ASIA")),
    "root's key alone": tables(lambda a: ("", scope(a))),
    "a key of no algorithm": tables(lambda a: ("", "x Credential=ASIA")),
    "a key of the second version": tables(lambda a: ("", f"AWS {a}:Credential=ASIA")),
    "root's key in the query": tables(lambda a: (f"?AWSAccessKeyId={a}", "x Credential=ASIA")),
    "root's credential in the query": tables(
        lambda a: (f"?X-Amz-Credential={a}/{HERE}/dynamodb/aws4_request", "x Credential=ASIA")
    ),
    "a key for tests": tables(lambda a: ("", scope("test") + " Credential=ASIA")),
    "a key that is not there": tables(lambda a: ("", scope("ASIA0123456789ABCDEF"))),
    "no key": lambda event: unsigned(**LIST),
    "another's table, beside one's own": lambda event: item("other", event, ResourceArn=own(event, "table")),
    "another's table": lambda event: item("other", event),
    "another's log group, beside one's own": lambda event: log_stream(
        "other", resourceArn=own(event, "group")
    ),
    "another's log group, by another action": lambda event: log_stream("other", "?Action=CreateLogDelivery"),
    "another's log group, by its identifier": lambda event: signed(
        "logs", "Logs_20140328.FilterLogEvents", {"logGroupName": "own", "logGroupIdentifier": "other"}
    ),
    "another's execution": stopped,
    "another's topic, in the body": of_a_topic,
    "another's topic, as a second one": twice,
    "another's queue": lambda event: queue(event, "other"),
    "another's queue, with one's own as its query": lambda event: queue(event, "other", "?x=/own"),
    "another's queue, with one's own as its fragment": lambda event: queue(event, "other", "#/own"),
    "another's log groups, beside one's own": lambda event: signed(
        "logs",
        "Logs_20140328.StartQuery",
        {"logGroupName": "own", "logGroupNames": ["other"], "queryString": "x", "startTime": 0, "endTime": 1},
    ),
    "a program of Glue's": job,
    "a table by Glue's signature": lambda event: signed("glue", LIST["X-Amz-Target"], {}),
    "a page of the emulator's": lambda event: signed("s3", "", "", path="/_ministack/config", method="GET"),
    "another host": host_of_another,
    "a list of tables, behind its own request": behind_its_own,
    "a list of tables, in the body of its own": in_its_own,
    "a second target": with_a_second(f"X-Amz-Target: {LIST['X-Amz-Target']}"),
    "a second signature": with_a_second(f"Authorization: {scope('ASIA0123456789ABCDEF')}"),
    "a second host": with_a_second("Host: s3.amazonaws.com"),
    "a page by its whole address": at_another_address,
    "its own queue, signed in the query": signed_in_the_query,
    "another's object, by a copy": copied,
}
# No request to the server, so in no report.
UNNOTED = ("a list of tables, in the body of its own",)
MAY = {
    "its own table": lambda event: item("own", event),
    "its own log group": lambda event: log_stream("own"),
    "its own queue": lambda event: queue(event, "own"),
    "its own table by its SDK": lambda event: boto3.client("dynamodb").put_item(
        TableName="own", Item={"pk": {"S": "y"}}
    ),
    "a metric": lambda event: boto3.client("cloudwatch").put_metric_data(
        Namespace="own", MetricData=[{"MetricName": "m", "Value": 1}]
    ),
    "itself by STS": lambda event: boto3.client("sts").get_caller_identity(),
}
