# A minimal backend for <s3-upload> in Python, with FastAPI and boto3. Start it in this folder:
#
#     pip install -r requirements.txt
#     BUCKET=my-uploads AWS_REGION=eu-central-1 ALLOWED_ORIGIN=https://www.example.com python main.py
#
# Embed <s3-upload endpoint="http://127.0.0.1:8000/uploads">, or the tag for /api/v1/files/presign in ../README.md. The
# SDK finds credentials like every AWS tool. PORT sets another port. AWS_ENDPOINT_URL_S3 sets another S3, which is
# addressed by path. BUCKET can list several buckets, separated by commas; /uploads uses the first. The backend checks
# type and size, and signs a URL. It never receives the file. It does not authenticate clients: add that check where
# `sign` is called.
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

# Virtual addressing selects the region's host: the global host redirects, and a preflight does not follow redirects.
# "when_required" omits the checksum of the empty body.
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

    key = f"{datetime.now(timezone.utc):%Y-%m-%d}/{uuid4()}"  # contains no input of the client
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
    # A URL binds the size only if the size is known. Without a size, this signs a form, whose policy has a limit.
    return sign(wanted.bucket_name, type, wanted.size, ["put", "post"], min(max(wanted.expiration, 1), MAX_EXPIRES))


@app.get("/api/v1/files/presign")
def presign_query(wanted: Annotated[File, Query()]):
    return presign(wanted)


def error(status: int, code: str, message: str):
    return JSONResponse({"error": {"code": code, "message": message}}, status)


@app.exception_handler(RoutingError)
def refused(_: Request, refused: RoutingError):
    said = refused.detail  # a tuple from this file, or the framework's text: "Not Found"
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
    # Uvicorn reads at most Content-Length bytes. It reads a chunked body without a limit.
    if "transfer-encoding" in request.headers or int(request.headers.get("content-length", 0)) > MAX_REQUEST:
        return error(413, "request_too_large", "This request is too large.")
    try:
        response = await call_next(request)
    except Exception:
        logging.exception("the server could not sign")
        return error(500, "internal", "The server could not sign. Its log says why.")
    response.headers["cache-control"] = "no-store"
    return response


# The middleware that is added last is the outermost, so that the page can also read refusals.
cors = {"allow_methods": ["GET", "POST"], "allow_headers": ["authorization", "content-type"], "max_age": 7200}
app.add_middleware(CORSMiddleware, allow_origins=[ALLOWED_ORIGIN], allow_credentials=True, **cors)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
