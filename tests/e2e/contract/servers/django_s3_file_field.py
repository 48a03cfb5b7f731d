"""Django with django-s3-file-field, in one file: one model with one field, and what a form does with its value.

The page with the widget comes from elsewhere, through the same address. `POST /attach` with the field's value gives what
Django's own form reads from it.
"""

import os
import sys
import threading
from wsgiref.simple_server import WSGIServer, make_server
from socketserver import ThreadingMixIn

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="a secret for tests",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "s3_file_field"],
    DATABASES={},
    STORAGES={
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "access_key": os.environ["AWS_ACCESS_KEY_ID"],
                "secret_key": os.environ["AWS_SECRET_ACCESS_KEY"],
                "bucket_name": os.environ["BUCKET"],
                "region_name": os.environ["AWS_REGION"],
                "endpoint_url": os.environ["AWS_ENDPOINT_URL_S3"],
                "addressing_style": "path",
                "signature_version": "s3v4",
            },
        },
    },
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
)
django.setup()

from django import forms  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from s3_file_field import S3FileField  # noqa: E402
from s3_file_field._multipart import MultipartManager  # noqa: E402

# Its parts have 64 MiB; the tests' files are smaller than that.
MultipartManager.part_size = 5 << 20


class Paper(models.Model):
    scan = S3FileField()

    class Meta:
        app_label = "library"


class PaperForm(forms.ModelForm):
    class Meta:
        model = Paper
        fields = ["scan"]


def attach(request):
    form = PaperForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    scan = form.cleaned_data["scan"]
    return JsonResponse({"key": scan.name, "size": scan.size})


urlpatterns = [path("s3-upload/", include("s3_file_field.urls")), path("attach", attach)]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Server)
    print(f"Ready: http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
