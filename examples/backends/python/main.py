# The smallest honest backend for <s3-upload> in Python, with FastAPI and boto3. Start it in this folder with
#
#     pip install -r requirements.txt
#     BUCKET=my-uploads AWS_REGION=eu-central-1 ALLOWED_ORIGIN=https://www.example.com python main.py
#
# and embed <s3-upload endpoint="http://127.0.0.1:8000/uploads">, or the tag for /api/v1/files/presign in ../README.md.
# Credentials are found as by every AWS tool. PORT sets another port, AWS_ENDPOINT_URL_S3 another S3 (addressed by
# path), and BUCKET may list several with commas; /uploads takes the first. It decides what may be uploaded and signs
# for it; the bytes never come here. Who may upload is yours to check, where `sign` is called.
import logging
import mimetypes
import os
from datetime import datetime, timezone
from typing import Annotated
from uuid import uuid4

import boto3
import uvicorn
from botocore.config import Config
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StrictInt
from starlette.exceptions import HTTPException as RoutingError

BUCKETS, ALLOWED_ORIGIN = os.environ["BUCKET"].split(","), os.environ["ALLOWED_ORIGIN"]
TYPES = ["application/pdf", "image/jpeg", "image/png", "image/webp", "text/plain", "video/mp4"]
MAX_SIZE = 100_000_000  # bytes of a file
MAX_REQUEST = 16 * 1024  # bytes of a request to this server
MAX_EXPIRES = 900  # seconds

# The region's own host (the global one redirects, which no preflight follows), and no checksum of an empty body.
style = {"addressing_style": "path" if "AWS_ENDPOINT_URL_S3" in os.environ else "virtual"}
config = Config(signature_version="s3v4", s3=style, request_checksum_calculation="when_required")
s3 = boto3.client("s3", region_name=os.environ.get("AWS_REGION"), config=config)
app = FastAPI()


class Upload(BaseModel):
    type: str
    size: StrictInt
    accepts: list[str] = ["put"]


class File(BaseModel):
    file_name: str
    bucket_name: str
    expiration: int = 300
    content_type: str | None = None
    size: int | None = None


def sign(bucket: str, type: str | None, size: int | None, accepts: list[str], expires: int = 300):
    if size is not None and size < 1:
        raise HTTPException(422, ("too_small", "The file is empty."))
    if size is not None and size > MAX_SIZE:
        raise HTTPException(413, ("too_large", f"At most {MAX_SIZE // 1_000_000} MB are allowed."))
    if type not in TYPES:
        raise HTTPException(415, ("type_not_allowed", f"Allowed are {', '.join(TYPES)}."))

    key = f"{datetime.now(timezone.utc):%Y-%m-%d}/{uuid4()}"  # nothing in it is the client's
    if "put" in accepts and size is not None:
        bound = {"Bucket": bucket, "Key": key, "ContentType": type, "ContentLength": size, "IfNoneMatch": "*"}
        url = s3.generate_presigned_url("put_object", bound, ExpiresIn=expires)
        headers = {"content-type": type, "if-none-match": "*"}
        return {"url": url, "method": "PUT", "headers": headers, "key": key, "expiresIn": expires}
    if "post" in accepts:
        fields = {"Content-Type": type, "success_action_status": "201"}
        conditions = [{name: value} for name, value in fields.items()]
        conditions.append(["content-length-range", size or 1, size or MAX_SIZE])
        form = s3.generate_presigned_post(bucket, key, fields, conditions, expires)
        return form | {"method": "POST", "key": key, "expiresIn": expires}
    raise HTTPException(422, ("unsupported_strategy", 'This server signs "put" and "post".'))


@app.post("/uploads")
def upload(wanted: Upload):
    return sign(BUCKETS[0], wanted.type, wanted.size, wanted.accepts)


@app.post("/api/v1/files/presign")
def presign(wanted: File):
    if wanted.bucket_name not in BUCKETS:
        raise HTTPException(403, ("bucket_not_allowed", "Nothing may be uploaded to this bucket."))
    type = wanted.content_type or mimetypes.guess_type(wanted.file_name)[0]
    # A URL binds a size only if it is known. Without one this signs a form, whose policy has a limit.
    return sign(wanted.bucket_name, type, wanted.size, ["put", "post"], min(max(wanted.expiration, 1), MAX_EXPIRES))


@app.get("/api/v1/files/presign")
def presign_query(wanted: Annotated[File, Query()]):
    return presign(wanted)


def error(status: int, code: str, message: str):
    return JSONResponse({"error": {"code": code, "message": message}}, status)


@app.exception_handler(RoutingError)
def refused(_: Request, refused: RoutingError):
    said = refused.detail  # by this file, or by the framework: "Not Found"
    return error(refused.status_code, *(said if isinstance(said, tuple) else (said.lower().replace(" ", "_"), said)))


@app.exception_handler(RequestValidationError)
def invalid(_: Request, invalid: RequestValidationError):
    kind, where, what = (invalid.errors()[0][name] for name in ("type", "loc", "msg"))
    if kind == "json_invalid" or (kind, where) == ("missing", ("body",)):
        return error(400, "malformed_json", "The request is not JSON.")
    return error(422, "invalid_request", f"{' '.join(map(str, where))}: {what}.")


@app.middleware("http")
async def guard(request: Request, call_next):
    if request.headers.get("origin", ALLOWED_ORIGIN) != ALLOWED_ORIGIN:
        return error(403, "origin_not_allowed", "This site may not upload here.")
    # Uvicorn reads no more than Content-Length says, and without it as much as comes.
    if "transfer-encoding" in request.headers or int(request.headers.get("content-length", 0)) > MAX_REQUEST:
        return error(413, "request_too_large", "This request is too large.")
    try:
        response = await call_next(request)
    except Exception:
        logging.exception("the server could not sign")
        return error(500, "internal", "The server could not sign. Its log says why.")
    response.headers["cache-control"] = "no-store"
    return response


# Added last, it is the outermost: the page can read refusals too.
cors = {"allow_methods": ["GET", "POST"], "allow_headers": ["authorization", "content-type"], "max_age": 7200}
app.add_middleware(CORSMiddleware, allow_origins=[ALLOWED_ORIGIN], allow_credentials=True, **cors)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
