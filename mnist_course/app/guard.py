"""What stands before the service: limits, security headers, counting; plain ASGI, no buffering."""

import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import count_request

GONE = 499  # nginx's number for a client that hung up: nobody hears an answer
MAX_BYTES = 10_000_000  # of a request: a phone's photo has 2 to 5 million
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), microphone=(), payment=()",
}


class TooLarge(Exception):
    """More bytes came than a request may have."""


class Guard:
    """Count requests, refuse what is too large while it comes, answer HEAD, set the headers."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        start, answered = time.perf_counter(), []

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
                answered.append(message["status"])
            await send(message)

        # HEAD is GET without its body, which the server leaves out: it looks at its own scope
        asked = scope | {"method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await self.app(asked, _limited(receive, _announced(scope)), with_headers)
        except TooLarge:
            words = f"a request may have {MAX_BYTES:,} bytes: send a smaller picture"
            if not answered:
                await JSONResponse({"detail": words}, 413)(scope, receive, with_headers)
        except ClientDisconnect:
            answered.append(GONE)
        finally:
            status = answered[0] if answered else 500
            count_request(scope["path"], status, time.perf_counter() - start)


def _announced(scope: Scope) -> int:
    """How many bytes the request says it has; 0 where it does not say."""
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdigit() else 0


def _limited(receive: Receive, announced: int) -> Receive:
    """``receive`` that counts: a body in pieces announces no length."""
    came = 0

    async def limited() -> Message:
        nonlocal came
        if announced > MAX_BYTES:
            raise TooLarge
        message = await receive()
        came += len(message.get("body", b""))
        if came > MAX_BYTES:
            raise TooLarge
        return message

    return limited
