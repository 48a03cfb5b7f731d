"""Presigning as it is written by hand with FastAPI and boto3: boto3's answers, handed on as they are.

    GET, POST /api/v1/files/presign   file_name, bucket_name, expiration -> generate_presigned_post's {url, fields}
    GET, POST /api/v1/files/put       the same question -> {presigned_url, file_key}

Errors are FastAPI's own, {"detail": ...}. The store, and the origin whose pages may ask, come from the environment.
"""

import mimetypes
import os
import socket
import sys
import threading
import uuid

import boto3
import uvicorn
from botocore.config import Config
from fastapi import Depends, FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel, Field

s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"],
    config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
)
app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=[os.environ["ALLOWED_ORIGIN"]],
    allow_methods=["GET", "POST"],
    allow_headers=["content-type"],
)


class Upload(BaseModel):
    file_name: str = Field(max_length=200)
    bucket_name: str
    expiration: int = Field(300, ge=1, le=900)


def checked(upload: Upload) -> tuple[Upload, str, str]:
    """The request, the object's key, and its type by the name."""
    if upload.bucket_name != os.environ["BUCKET"]:
        raise HTTPException(404, f"There is no bucket {upload.bucket_name}.")
    kind = mimetypes.guess_type(upload.file_name)[0] or "application/octet-stream"
    if kind == "text/html":
        raise HTTPException(415, "Web pages are not taken.")
    return upload, str(uuid.uuid4()), kind


def from_query(file_name: str, bucket_name: str, expiration: int = 300) -> Upload:
    return Upload(file_name=file_name, bucket_name=bucket_name, expiration=expiration)


def form(upload: Upload) -> dict:
    upload, key, kind = checked(upload)
    return s3.generate_presigned_post(
        upload.bucket_name,
        key,
        Fields={"Content-Type": kind, "success_action_status": "201"},
        Conditions=[{"Content-Type": kind}, {"success_action_status": "201"}, ["content-length-range", 1, 30 << 20]],
        ExpiresIn=upload.expiration,
    )


def put(upload: Upload) -> dict:
    upload, key, kind = checked(upload)
    params = {"Bucket": upload.bucket_name, "Key": key, "ContentType": kind}
    url = s3.generate_presigned_url("put_object", Params=params, ExpiresIn=upload.expiration)
    return {"presigned_url": url, "file_key": key}


for path, answer in [("presign", form), ("put", put)]:
    app.post(f"/api/v1/files/{path}")(answer)

    def by_query(upload: Upload = Depends(from_query), answer=Depends(lambda answer=answer: answer)) -> dict:
        return answer(upload)

    app.get(f"/api/v1/files/{path}")(by_query)


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"Ready: http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
