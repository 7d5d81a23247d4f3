"""EventBridge's event patterns: parsed, matched, explained, built, and compared with events' schemas."""
