import json
import os

import boto3


def handler(event, context):
    events = boto3.client("events")
    entry = {
        "EventBusName": os.environ["BUS"],
        "Source": os.environ["SOURCE"],
        "DetailType": "Drinks.Counted",
        "Detail": json.dumps({"drinks": 1}),
    }
    for _ in event["Records"]:
        events.put_events(Entries=[entry])
    return {"batchItemFailures": []}
