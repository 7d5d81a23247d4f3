"""What a run prints of providers that it cannot download."""

from presso.deployment.unit_run import without_registry


def test_the_offline_providers_are_named_where_another_one_is_missing() -> None:
    message, hint = without_registry(["hashicorp/vault"], offline=True)
    assert message == "Terraform cannot download hashicorp/vault: the registry does not respond."
    assert "archive, aws, cloudinit, external, http, local, null, random, time, tls." in hint
    assert "--provider published" in hint


def test_where_all_are_downloaded_the_offline_ones_are_a_way_out() -> None:
    message, hint = without_registry([], offline=False)
    assert message == "Terraform cannot download its providers: the registry does not respond."
    assert "--provider offline" in hint
