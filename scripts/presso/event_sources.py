"""The `source` of the coffee bar's events, and the start of its extensions' sources.

Other platforms set their own in `presso.yaml`: `platform_settings` knows them.
"""

CORE_SOURCE = "awsserverlessda.serverlesspresso"
EXTENSION_SOURCE = "serverlesspresso.extension."
