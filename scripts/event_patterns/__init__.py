"""EventBridge's event patterns: parsed, matched and explained. It depends on nothing but Python."""
