"""The catalog in the formats of others: EventCatalog, AsyncAPI, CloudEvents, OpenAPI."""
