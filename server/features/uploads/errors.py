"""What can be wrong with an upload."""

from __future__ import annotations

from config.errors import Unprocessable, UnsupportedMediaType


class UploadNotAnImage(UnsupportedMediaType):
    code, title = "upload.not_an_image", "Only PNG, JPEG, WebP and GIF images are accepted"


class UploadImageTooLarge(Unprocessable):
    code, title = "upload.too_many_pixels", "This image has too many pixels"
