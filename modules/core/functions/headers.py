"""What each answer of the API and of the pages has, besides a content security policy of its own."""

HEADERS = {
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
}
