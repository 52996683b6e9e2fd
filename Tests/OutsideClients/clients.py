"""Signs and verifies with other people's code: reads cases as JSON, writes what came of each."""
import base64
import json
import sys
from datetime import datetime, timezone

from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from standardwebhooks import Webhook


class Message:
    def __init__(self, case):
        self.method, self.url, self.headers = case["method"], case["url"], dict(case.get("headers", {}))
        self.body = base64.b64decode(case["body"])


class Keys(HTTPSignatureKeyResolver):
    def __init__(self, case):
        self.id, self.secret = case["keyid"], base64.b64decode(case["secret"])

    def resolve_public_key(self, key_id):
        return self.resolve_private_key(key_id)

    def resolve_private_key(self, key_id):
        if key_id != self.id:
            raise KeyError(key_id)
        return self.secret


def http_sign(case):
    message = Message(case)
    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Keys(case))
    signer.sign(
        message, key_id=case["keyid"], created=datetime.fromtimestamp(case["created"], tz=timezone.utc),
        nonce=case["nonce"], covered_component_ids=case["components"], body=message.body)
    return {"headers": message.headers}


def http_verify(case):
    message = Message(case)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Keys(case))
    results = verifier.verify(message, body=message.body)
    return {"covered": sorted(results[0].covered_components), "count": len(results)}


def webhook_sign(case):
    moment = datetime.fromtimestamp(case["timestamp"], tz=timezone.utc)
    return {"signature": Webhook(case["secret"]).sign(case["id"], moment, base64.b64decode(case["body"]).decode())}


def webhook_verify(case):
    Webhook(case["secret"]).verify(base64.b64decode(case["body"]), case["headers"], json_parse=False)
    return {}


KINDS = {"http-sign": http_sign, "http-verify": http_verify, "webhook-sign": webhook_sign, "webhook-verify": webhook_verify}


def answer(case):
    try:
        return {"ok": True, **KINDS[case["kind"]](case)}
    except Exception as error:  # What a client throws is its answer.
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
