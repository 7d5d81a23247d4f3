"""Errors of Terraform about an extension that presso has put into a folder of its own."""

import json

from presso.terraform import confined_terraform


def test_paths_of_the_folder_are_those_of_the_checkout() -> None:
    staged = "/tmp/presso-gate-x/unit-1/unit/tree/extensions/cups/scr"
    detail = f"error archiving directory: {staged} is not a directory"
    diagnostic = {"severity": "error", "summary": "reading data.archive_file", "detail": detail}
    refused = confined_terraform._refusal(json.dumps({"type": "diagnostic", "diagnostic": diagnostic}))
    assert str(refused) == (
        "reading data.archive_file: error archiving directory: extensions/cups/scr is not a directory"
    )
