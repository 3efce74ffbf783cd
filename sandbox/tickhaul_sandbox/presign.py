"""Presigned URLs in the form of S3: AWS Signature Version 4 in the query.

The storage origin checks what the API signed, with the sandbox's clock.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from tickhaul_sandbox.clock import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALGORITHM = "AWS4-HMAC-SHA256"
_REGION = "us-east-1"
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")


class RefusedError(Exception):
    """Why a URL is not honoured.

    Args:
        status: HTTP status.
        code: The S3 error code.
        message: Text for people.
        headers: Further headers of the answer.
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


class Signer:
    """Signs URLs and checks them.

    Args:
        seed: The secret is drawn from it, so that a URL outlives a restart with the same seed.
    """

    def __init__(self, seed: int) -> None:
        self._secret = hashlib.sha256(f"presign:{seed}".encode()).hexdigest()
        self._key_id = "SANDBOX" + hashlib.sha256(f"key:{seed}".encode()).hexdigest()[:13].upper()

    def sign(self, origin: str, path: str, now_ns: int, lifetime: float) -> str:
        """Return a URL that may be fetched with GET for a while.

        Args:
            origin: Scheme, host and port of the storage.
            path: The object's path, starting with a slash, not yet percent-encoded.
            now_ns: When it is signed, in nanoseconds since the Unix epoch.
            lifetime: For how many seconds it is good.
        """
        signed_at = datetime.fromtimestamp(now_ns // SECOND, UTC)
        stamp = signed_at.strftime("%Y%m%dT%H%M%SZ")
        query = {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self._key_id}/{stamp[:8]}/{_REGION}/s3/aws4_request",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(max(1, round(lifetime))),
            "X-Amz-SignedHeaders": "host",
        }
        encoded = quote(path, safe="/-_.~")
        query["X-Amz-Signature"] = self._signature(encoded, urlsplit(origin).netloc, query)
        return f"{origin}{encoded}?{urlencode(query, quote_via=quote)}"

    def check(self, path: str, host: str, query: Mapping[str, str], now_ns: int) -> None:
        """Pass if a GET of this URL is signed and not expired.

        Args:
            path: The percent-encoded path, as requested.
            host: The `Host` header of the request.
            query: The query parameters.
            now_ns: The current instant, in nanoseconds since the Unix epoch.

        Raises:
            RefusedError: If not, with the answer S3 gives.
        """
        parameters = dict(query)
        signature = parameters.pop("X-Amz-Signature", None)
        if signature is None:
            raise RefusedError(403, "AccessDenied", "Access Denied")
        stamp, expires = parameters.get("X-Amz-Date", ""), parameters.get("X-Amz-Expires", "")
        if not (_DATE.fullmatch(stamp) and expires.isascii() and expires.isdigit() and len(expires) <= 6):
            raise RefusedError(400, "AuthorizationQueryParametersError", "Query-string authentication is malformed")
        if not hmac.compare_digest(signature.encode(), self._signature(path, host, parameters).encode()):
            raise RefusedError(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            )
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if now_ns >= round((signed_at + timedelta(seconds=int(expires))).timestamp()) * SECOND:
            raise RefusedError(403, "AccessDenied", "Request has expired")

    def _signature(self, path: str, host: str, query: Mapping[str, str]) -> str:
        canonical_query = urlencode(sorted(query.items()), quote_via=quote, safe="-_.~")
        canonical = "\n".join(("GET", path, canonical_query, f"host:{host}", "", "host", "UNSIGNED-PAYLOAD"))
        stamp = query.get("X-Amz-Date", "")
        scope = f"{stamp[:8]}/{_REGION}/s3/aws4_request"
        to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self._secret}".encode()
        for step in (stamp[:8], _REGION, "s3", "aws4_request"):
            key = hmac.digest(key, step.encode(), "sha256")
        return hmac.new(key, to_sign.encode(), "sha256").hexdigest()
