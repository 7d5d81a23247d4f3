"""Firehose: what a stream to S3 was made with is shown.

The emulator leaves out the backup, the file extension and the time zone. Source: API reference of Firehose,
`ExtendedS3DestinationDescription`.
"""

from collections.abc import Callable
from typing import Any

from ministack import app

from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
_SHOWN = "ExtendedS3DestinationDescription"
_BACKUPS = ("S3BackupUpdate", "S3BackupConfiguration")


def _of_firehose(firehose: Any) -> Patches:
    patches = Patches()

    @patches.around(firehose)
    def _dest_description(original: Callable[[Json], Json], dest: Json) -> Json:
        found, config = original(dest), dest["config"]
        if _SHOWN in found:
            found[_SHOWN] |= {
                key: config[key] for key in ("CustomTimeZone", "FileExtension") if key in config
            }
            backup = next((config[key] for key in _BACKUPS if key in config), None)
            found[_SHOWN] |= {"S3BackupDescription": backup} if backup else {}
        return found

    return patches


PATCHES.later(app, "firehose", _of_firehose)
