"""A telephone carrier of our own. It speaks to any TwiML service over HTTP and imports nothing of Vouchline."""
