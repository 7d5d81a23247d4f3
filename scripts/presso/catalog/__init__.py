"""The events catalog: the events, their content, their producers and consumers."""
