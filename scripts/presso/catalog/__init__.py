"""The events catalog: what events there are, what they say, who emits and who consumes them."""
