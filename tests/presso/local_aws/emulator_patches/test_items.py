"""DynamoDB: of writes at once each is compared with what the one before it wrote."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from presso.local_aws import emulator

pytestmark = pytest.mark.slow

# The emulator's own code, a bit slower between a write's condition and the write: so others come in between.
PROGRAM = """
import sys, threading, time
from ministack.services import dynamodb
from presso.local_aws.emulator_patches import items

if sys.argv[1] == "filled":
    items.PATCHES.apply()
key = {"AttributeName": "pk", "KeyType": "HASH"}
kind = {"AttributeName": "pk", "AttributeType": "S"}
table = {"TableName": "claims", "KeySchema": [key], "AttributeDefinitions": [kind]}
assert dynamodb._create_table({**table, "BillingMode": "PAY_PER_REQUEST"})[0] == 200
original = dynamodb._evaluate_condition

def evaluate(*arguments, **options):
    found = original(*arguments, **options)
    time.sleep(0.05)
    return found

dynamodb._evaluate_condition = evaluate
put = {"TableName": "claims", "Item": {"pk": {"S": "one"}}, "ConditionExpression": "attribute_not_exists(pk)"}
answers = []
threads = [threading.Thread(target=lambda: answers.append(dynamodb._put_item(put)[0])) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*sorted(answers))
"""


def answers(folder: Path, how: str) -> list[str]:
    """What eight writes of one new item at once are answered."""
    env = {**os.environ, **emulator.settings(folder, 1)}
    program = [sys.executable, "-c", PROGRAM, how]
    done = subprocess.run(program, env=env, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_one_of_many_conditional_writes_at_once_is_the_first(tmp_path: Path) -> None:
    assert answers(tmp_path, "filled") == ["200", *["400"] * 7]


def test_the_emulator_alone_takes_several_of_them_for_the_first(tmp_path: Path) -> None:
    assert answers(tmp_path, "alone").count("200") > 1
