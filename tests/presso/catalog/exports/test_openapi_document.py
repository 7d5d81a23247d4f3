"""OpenAPI: one document with the schemas of all events, which the validator accepts."""

import json

import pytest
from tests.openapi import complaints

from presso.catalog.exports import openapi_document
from presso.catalog.exports.export_scope import Scope


def test_the_validator_accepts_the_schemas_of_all_events(real_scope: Scope, odd_scope: Scope) -> None:
    for scope in (real_scope, odd_scope):
        document = json.loads(json.dumps(openapi_document.document(scope, "0.1.0")))
        assert complaints(document) == []
        whole = [name for name in document["components"]["schemas"] if name.endswith("Event")]
        assert len(whole) >= len(scope.catalog.events)


def test_the_schemas_allow_the_examples_and_nothing_else(real_scope: Scope, odd_scope: Scope) -> None:
    from openapi_schema_validator import OAS30Validator

    for scope in (real_scope, odd_scope):
        document = openapi_document.document(scope, "0.1.0")
        schemas = document["components"]["schemas"]
        by_key = {
            (
                schema["properties"]["source"]["enum"][0],
                schema["properties"]["detail-type"]["enum"][0],
            ): name
            for name, schema in schemas.items()
            if "x-amazon-events-detail-type" in schema
        }
        assert set(by_key) == {event.key for event in scope.catalog.events}
        for event in scope.catalog.events:
            root = {"$ref": f"#/components/schemas/{by_key[event.key]}", "components": {"schemas": schemas}}
            validator = OAS30Validator(root)
            for sample in event.samples():
                assert [error.message for error in validator.iter_errors(sample)] == []
                assert not validator.is_valid({**sample, "detail-type": "Another"})
                assert not validator.is_valid({**sample, "detail": []})


def test_the_validator_refuses_what_is_broken(real_scope: Scope) -> None:
    document = json.loads(json.dumps(openapi_document.document(real_scope, "0.1.0")))
    schemas = document["components"]["schemas"]
    schemas["OrderManagerMakeOrderEvent"]["properties"]["detail"] = {"$ref": "#/components/schemas/None"}
    with pytest.raises(Exception, match="None"):
        complaints(document)
    schemas["OrderManagerMakeOrderEvent"]["properties"]["detail"] = {"type": "objekt"}
    assert complaints(document)
