"""Signed statements: a JSON web signature as an attachment (1.0.3 Data 2.6)."""

import base64
import binascii
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from .comparing import same_statement
from .rules import SIGNATURE, check_statement
from .values import Wrong

ALGORITHMS = ["RS256", "RS384", "RS512"]
MAX_SIGNATURE = 1024 * 1024


class _Registry(jws.JWSRegistry):
    """A certificate chain in the header and a whole statement as payload are longer than most tokens."""

    max_header_length = 64 * 1024
    max_payload_length = MAX_SIGNATURE


_registry = _Registry(algorithms=ALGORITHMS)


class BadSignature(Exception):
    """The signature does not sign this statement."""


def signatures_of(statement: dict[str, Any]) -> list[str]:
    """The hashes (lower case) of the statement's signature attachments."""
    attachments = statement.get("attachments", ())
    return [item["sha2"].lower() for item in attachments if item["usageType"] == SIGNATURE]


def check_signature(statement: dict[str, Any], signature: bytes) -> None:
    """Raises `BadSignature` unless `signature` is a JWS in compact form, by RS256, RS384 or RS512, whose payload is
    the statement, and which the certificate in its header made, where it carries one.
    """
    try:
        token = jws.extract_compact(signature, registry=_registry)
    except (JoseError, ValueError, TypeError) as error:
        raise BadSignature(f"The signature is not a JSON web signature: {error}.") from None
    header = token.headers()
    if header.get("alg") not in ALGORITHMS:
        raise BadSignature(
            f"The signature must be made by {', '.join(ALGORITHMS)}, not {header.get('alg')!r}."
        )
    try:
        signed = orjson.loads(token.payload)
        check_statement(signed, xapi_2=True)
    except (orjson.JSONDecodeError, Wrong) as error:
        raise BadSignature(f"The signature's payload is not a statement: {error}.") from None
    if not same_statement(_unsigned(statement), _unsigned(signed)):
        raise BadSignature("The signature's payload is another statement than the one it came with.")
    if "x5c" in header:
        _check_with_certificate(signature, header["x5c"])


def _unsigned(statement: dict[str, Any]) -> dict[str, Any]:
    """The statement before the signature was added."""
    others = [item for item in statement.get("attachments", ()) if item["usageType"] != SIGNATURE]
    return {**statement, "attachments": others}


def _check_with_certificate(signature: bytes, chain: Any) -> None:
    """x5c: the first certificate holds the key that signed (RFC 7515 section 4.1.6)."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(chain[0], validate=True))
        public = certificate.public_key()
        if not isinstance(public, RSAPublicKey):
            raise BadSignature("The certificate of the signature holds no RSA key.")
        key = RSAKey.import_key(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        jws.deserialize_compact(signature, key, registry=_registry)
    except (JoseError, ValueError, TypeError, LookupError, binascii.Error):
        raise BadSignature("The signature does not fit its certificate.") from None
