"""QR codes for a terminal."""

import io


def qr_code(link: str) -> str:
    """Return a link's QR code for a terminal, a character for two of its dots."""
    import segno

    text = io.StringIO()
    segno.make(link, micro=False).terminal(out=text, compact=True)
    return text.getvalue()
