"""Models of AWS's services are found as botocore's own loader finds them."""

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from offline_aws.service_models import ServiceModels


@pytest.mark.parametrize("kind", ["service-2", "waiters-2"])
def test_the_services_with_a_kind_of_model_are_those_of_botocore(kind: str) -> None:
    names = ServiceModels().list_available_services(kind)
    expected = Loader().list_available_services(kind)
    assert list(names) == expected
    asked = ("acm", "ses", "sns", "sqs", "nothing")
    assert [name for name in asked if name in names] == [name for name in asked if name in expected]


def test_a_service_that_is_unknown_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownServiceError, match=r"Unknown service: 'sqz'.*\bsqs\b"):
        ServiceModels().load_service_model("sqz", "service-2")
