"""hashicorp/random: values that are drawn once and kept in the state.

With a ``seed`` the published provider draws by Go's generator, so its values are others; here too the same
seed gives the same value. Its ``bcrypt_hash`` needs a library that presso does not have, and is null.

Source: internal/provider/resource_*.go and internal/random/string.go of hashicorp/terraform-provider-random.
"""

from __future__ import annotations

import base64
import random
import secrets
import string
import uuid
from collections.abc import Mapping
from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import DataSourceHandler, Plan, ResourceHandler
from offline_aws.services.kept_values import kept
from offline_aws.validators import at_least, between

# All runs share one server: a length that takes all of its memory would end them all.
_LONGEST = 1_048_576
_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
_SEEDED = "With a `seed` the values are others than the published provider's."
_NO_BCRYPT = "`bcrypt_hash` is null: there is no bcrypt here."
_ADVERBS = """
boldly brightly calmly clearly cleverly daily early evenly freely freshly gently gladly happily
kindly lightly loudly mostly neatly newly nicely openly plainly promptly quickly quietly rarely
readily simply slowly smoothly softly steadily surely sweetly truly warmly widely wisely
"""
_ADJECTIVES = """
able amber brave bright brisk busy calm clear clever cosy curious eager early easy fair fast fine
firm fond fresh friendly gentle glad golden grand happy hardy honest humble jolly keen kind lively
loyal lucky merry mild modest neat nimble noble patient polite prompt proud quick quiet ready rosy
sharp shy silver sincere smart smooth snug steady strong sunny swift tidy trusty warm wise witty
young
"""
_ANIMALS = """
badger bat bear beaver bee bison buffalo camel carp cat cod condor crab crane cricket crow deer dog
dolphin donkey dove duck eagle eel elk falcon ferret finch fox frog gecko goat goose gull hamster
hare hawk hen heron horse hyena ibis jay kestrel kite koala lark lemur leopard lion lizard llama
lobster lynx magpie marten mole moose moth mouse newt okapi orca oriole osprey otter owl ox panda
parrot perch pike pony puffin puma quail rabbit raven robin salmon seal shark sheep shrew skunk
sloth snail sparrow spider squid stoat stork swan tapir tern tiger toad trout tuna turtle viper vole
walrus wasp weasel whale wolf wombat wren yak zebra
"""


def _source(seed: str | None) -> random.Random:
    return random.Random(seed) if seed else random.SystemRandom()  # noqa: S311 - a seed is to repeat


def _id(aws: Aws, values: Values) -> None:
    values.update(_spellings(secrets.token_bytes(values["byte_length"]), values["prefix"] or ""))


def _spellings(drawn: bytes, prefix: str) -> Values:
    url = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
    return {
        "id": url,
        "b64_std": prefix + base64.b64encode(drawn).decode(),
        "b64_url": prefix + url,
        "dec": prefix + str(int.from_bytes(drawn)),
        "hex": prefix + drawn.hex(),
    }


def _imported_id(aws: Aws, identifier: str) -> Values:
    prefix, comma, own = identifier.rpartition(",")
    try:
        drawn = base64.b64decode(own + "=" * (-len(own) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        detail = "Import it as ID or PREFIX,ID."
        raise ResourceError(f"{own!r} is not base64 for URLs", detail=detail) from error
    return {**_spellings(drawn, prefix), "byte_length": len(drawn), "prefix": prefix if comma else None}


def _bytes(aws: Aws, values: Values) -> None:
    drawn = secrets.token_bytes(values["length"])
    values.update({"base64": base64.b64encode(drawn).decode(), "hex": drawn.hex()})


def _text(values: Values) -> str:
    special = values["override_special"] or _SPECIAL
    kinds = {"upper": string.ascii_uppercase, "lower": string.ascii_lowercase}
    kinds |= {"numeric": string.digits, "special": special}
    allowed = "".join(letters for kind, letters in kinds.items() if values[kind])
    source = random.SystemRandom()
    drawn = [source.choice(kinds[kind]) for kind in kinds for _ in range(values[f"min_{kind}"])]
    drawn += [source.choice(allowed) for _ in range(values["length"] - len(drawn))]
    source.shuffle(drawn)
    return "".join(drawn)


def _string(aws: Aws, values: Values) -> None:
    values["id"] = values["result"] = _text(values)


def _password(aws: Aws, values: Values) -> None:
    values["result"] = _text(values)
    values["id"] = "none"


def _imported_password(aws: Aws, identifier: str) -> Values:
    return {"id": "none", "result": identifier, "length": len(identifier), "number": True}


def _imported_string(aws: Aws, identifier: str) -> Values:
    return {"id": identifier, "result": identifier, "length": len(identifier), "number": True}


_KINDS = ("lower", "numeric", "special", "upper")
_LEAST = {f"min_{kind}": 0 for kind in _KINDS}
_TEXT: Mapping[str, Any] = {
    "defaults": {**dict.fromkeys(_KINDS, True), **_LEAST},
    "validators": {"length": between(1, _LONGEST), **{name: at_least(0) for name in _LEAST}},
}


def _one_number(plan: Plan) -> None:
    """`number` is what `numeric` is; the length suffices, and there are letters to draw."""
    config, values = plan.config, plan.values
    if config.get("number") is not None and config.get("numeric") is None:
        values["numeric"] = values["number"]
    else:
        values["number"] = values["numeric"]
    plan.replaced.clear()  # it is found again, now that both names agree
    _enough(values)


def _enough(values: Values) -> None:
    """The length suffices, and there are letters to draw."""
    numbers = [values[name] for name in ("length", *_LEAST)]
    if all(isinstance(number, int) for number in numbers) and numbers[0] < sum(numbers[1:]):
        message = f"length is {numbers[0]}, the least of all kinds together {sum(numbers[1:])}"
        raise ResourceError(message, path="length")
    if all(values[kind] is False for kind in _KINDS):
        raise ResourceError("no kind of character is left to draw from", path="length")


def _text_handler(create: Any, imports: Any, differs: str = "") -> ResourceHandler:
    return kept(create, imports=imports, plan=_one_number, differs=differs, **_TEXT)


def _opened_password(aws: Aws, values: Values) -> Values:
    _enough(values)
    return {"result": _text(values)}


def _integer(aws: Aws, values: Values) -> None:
    values["result"] = _source(values["seed"]).randint(values["min"], values["max"])
    values["id"] = str(values["result"])


def _ordered(plan: Plan) -> None:
    """`min` is not above `max`."""
    least, most = plan.values["min"], plan.values["max"]
    if isinstance(least, int) and isinstance(most, int) and least > most:
        raise ResourceError(f"min is {least}, max {most}: the minimum is above the maximum", path="min")


def _imported_integer(aws: Aws, identifier: str) -> Values:
    try:
        result, least, most = (int(part) for part in identifier.split(",")[:3])
    except ValueError as error:
        raise ResourceError(
            f"{identifier!r} is not RESULT,MIN,MAX", detail="A seed may follow: RESULT,MIN,MAX,SEED."
        ) from error
    seed = identifier.split(",")[3:]
    return {"id": str(result), "result": result, "min": least, "max": most, "seed": ",".join(seed) or None}


def _pet(aws: Aws, values: Values) -> None:
    length, draw = values["length"], random.SystemRandom().choice
    words = [values["prefix"]] if values["prefix"] else []
    words += [draw(_ADVERBS.split()) for _ in range(length - 2)]
    words += [draw(_ADJECTIVES.split())] if length > 1 else []
    values["id"] = values["separator"].join([*words, draw(_ANIMALS.split())])


def _shuffle(aws: Aws, values: Values) -> None:
    source, given = _source(values["seed"]), values["input"]
    count = len(given) if values["result_count"] is None else values["result_count"]
    drawn: list[str] = []
    while given and len(drawn) < count:
        drawn += source.sample(given, len(given))
    values["result"], values["id"] = drawn[:count], "-"


def _uuid(aws: Aws, values: Values) -> None:
    values["id"] = values["result"] = str(uuid.uuid4())


def _imported_uuid(aws: Aws, identifier: str) -> Values:
    try:
        found = str(uuid.UUID(identifier))
    except ValueError as error:
        raise ResourceError(f"{identifier!r} is not a UUID") from error
    return {"id": found, "result": found}


RESOURCES: Mapping[str, ResourceHandler] = {
    "random_bytes": kept(_bytes, validators={"length": between(1, _LONGEST)}),
    "random_id": kept(_id, imports=_imported_id, validators={"byte_length": between(1, _LONGEST)}),
    "random_integer": kept(_integer, imports=_imported_integer, plan=_ordered, differs=_SEEDED),
    "random_password": _text_handler(_password, _imported_password, _NO_BCRYPT),
    "random_pet": kept(_pet, defaults={"length": 2, "separator": "-"}, validators={"length": between(1, 64)}),
    "random_shuffle": kept(_shuffle, validators={"result_count": between(0, _LONGEST)}, differs=_SEEDED),
    "random_string": _text_handler(_string, _imported_string),
    "random_uuid": kept(_uuid, imports=_imported_uuid),
}

EPHEMERAL = {"random_password": DataSourceHandler(read=_opened_password, differs=_NO_BCRYPT, **_TEXT)}
