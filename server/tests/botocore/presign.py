"""Presigns with botocore what cases.json says, and prints what it made: an object for each case, as JSON.

    python presign.py cases.json > recorded.json

Run by botocore.rs with the interpreter that S3_UPLOAD_PYTHON names, whose packages have boto3. The clock is set to each
case's time. Where the server's SDK adds something of its own to a request (`x-id`, which names the operation, and
nothing else), it is added here before signing, so that both sign the same request.
"""

import base64
import datetime
import json
import sys
from unittest import mock

import boto3
import botocore.auth
import botocore.signers
from botocore.config import Config

OPERATIONS = {
    "put": "put_object",
    "part": "upload_part",
    "get": "get_object",
    "delete": "delete_object",
}


def client(case):
    style = "path" if case.get("pathStyle") else "virtual"
    made = boto3.client(
        "s3",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        aws_session_token=case.get("sessionToken"),
        region_name=case["region"],
        endpoint_url=case.get("endpoint"),
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": style, "us_east_1_regional_endpoint": "regional"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )

    def name_operation(request, operation_name, **_):
        request.params["x-id"] = operation_name

    made.meta.events.register("before-sign.s3", name_operation)
    return made


def parameters(case):
    known = {
        "key": "Key",
        "type": "ContentType",
        "size": "ContentLength",
        "disposition": "ContentDisposition",
        "responseDisposition": "ResponseContentDisposition",
        "responseType": "ResponseContentType",
        "responseEncoding": "ResponseContentEncoding",
        "responseCaching": "ResponseCacheControl",
        "uploadId": "UploadId",
        "number": "PartNumber",
        "ifNoneMatch": "IfNoneMatch",
    }
    given = {name: case[field] for field, name in known.items() if field in case}
    return {"Bucket": case["bucket"], **given}


def url(case):
    method = OPERATIONS[case["operation"]]
    return {
        "url": client(case).generate_presigned_url(
            method, Params=parameters(case), ExpiresIn=case["expires"]
        )
    }


def form(case):
    fields = {"success_action_status": "201", "Content-Type": case["type"]}
    if "disposition" in case:
        fields["Content-Disposition"] = case["disposition"]
    conditions = [{name: value} for name, value in fields.items()]
    conditions.append(["content-length-range", *case["sizes"]])
    made = client(case).generate_presigned_post(
        case["bucket"],
        case["key"],
        Fields=dict(fields),
        Conditions=conditions,
        ExpiresIn=case["expires"],
    )
    policy = json.loads(base64.b64decode(made["fields"].pop("policy")))
    del made["fields"]["x-amz-signature"]
    # A signature is over the policy's bytes, and JSON can be written in many ways: this one signs the server's bytes.
    signer = botocore.auth.S3SigV4PostAuth(credentials(case), "s3", case["region"])
    request = mock.Mock(context={"timestamp": made["fields"]["x-amz-date"]})
    signer.scope(request)
    return {
        "url": made["url"],
        "fields": made["fields"],
        "policy": policy,
        "signature": signer.signature(case["policy"], request),
    }


def credentials(case):
    return client(case)._request_signer._credentials


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)
    made = []
    for case in cases:
        now = datetime.datetime.fromtimestamp(case["time"], datetime.timezone.utc)
        with mock.patch("botocore.auth.get_current_datetime", return_value=now), mock.patch(
            "botocore.signers.get_current_datetime", return_value=now
        ):
            work = form if case["operation"] == "post" else url
            made.append(work(case))
    json.dump(made, sys.stdout, indent=2)
    print()


main()
