"""WebSocket shell: connections, subscriptions and typed streams."""
