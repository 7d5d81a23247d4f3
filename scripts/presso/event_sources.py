"""What stands in an event's `source`: the core's, and how those of extensions begin."""

CORE_SOURCE = "awsserverlessda.serverlesspresso"
EXTENSION_SOURCE = "serverlesspresso.extension."
