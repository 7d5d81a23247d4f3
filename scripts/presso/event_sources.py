"""The `source` of events: the core's, and the prefix of extensions' sources."""

CORE_SOURCE = "awsserverlessda.serverlesspresso"
EXTENSION_SOURCE = "serverlesspresso.extension."
