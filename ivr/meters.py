"""What the carrier's web face counts; labels are closed vocabularies."""

from __future__ import annotations

from core.metrics import counter, histogram

CALLS = counter("calls", "Calls that came in", ["operator"])
WEBHOOKS_REFUSED = counter("webhooks_refused", "Webhooks that were refused", ["reason"])
WEBHOOK_ERRORS = counter("webhook_errors", "Webhooks that failed inside and were answered with an apology")
WEBHOOK_SECONDS = histogram("webhook_seconds", "How long a webhook took", ["step"])
