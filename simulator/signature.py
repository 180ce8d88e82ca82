"""Twilio's request signature.

base64(HMAC-SHA1(auth token, URL + every distinct name/value pair of the form, sorted, without separators));
a request without a form signs its URL alone. Source: Twilio, "Webhooks security".
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    text = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
