"""The process that opens a person's file with MediaInfo, Pillow, PDFium and zipfile. It may die of it; nothing is executed.

The file comes as standard input, so that no library learns a name from which it could find others. The
answer is one JSON object on standard output.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import io
import re
import resource
import sys
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

import pypdfium2
from PIL import AvifImagePlugin, ExifTags, Image, ImageOps, UnidentifiedImageError
from pymediainfo import MediaInfo

from monitor.evidence.content_type import HEAD_BYTES, OPAQUE, type_from_head
from monitor.evidence.media import THUMBNAIL_PX, Answer
from spiders.isolation import give_up_root, warm_up

_CPU_S = 30
_MEMORY_BYTES = 1_500_000_000
_OPEN_FILES = 64
_MAX_PIXELS = 120_000_000
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
# Only what Pillow decodes by itself: for others, such as PostScript, it starts programs of the system.
_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "TIFF", "WEBP")
_DAMAGED = "The picture is damaged; it is kept as it is."
_TOO_LARGE = "The picture is too large or damaged to be shown; it is kept as it is."
_TRACK_FIELDS = (
    "format", "codec_id", "duration", "sampling_rate", "channel_s", "width", "height", "frame_rate",
)  # fmt: skip
_GENERAL_FIELDS = (
    "format", "duration", "encoded_date", "tagged_date", "recorded_date", "writing_application", "performer", "title",
)  # fmt: skip
_EXIF_FIELDS = (
    "DateTime", "DateTimeOriginal", "DateTimeDigitized", "OffsetTimeOriginal", "Make", "Model", "Software",
)  # fmt: skip
_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def main(max_answer_bytes: int) -> None:
    """Give up what is not needed, read, answer."""
    _confine(max_answer_bytes)
    answer = read(sys.stdin.buffer)
    sys.stdout.write(answer.model_dump_json())
    sys.stdout.flush()


def _confine(max_answer_bytes: int) -> None:
    """Limits first, then the network, then root. What the system does not allow is not had; time and memory always are."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
    Image.init()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    MediaInfo.can_parse()
    warm_up()  # an unprivileged user may not be able to read the program's files later
    for what, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, _CPU_S),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, max_answer_bytes),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _, hard = resource.getrlimit(what)
        bound = limit if hard == resource.RLIM_INFINITY else min(hard, limit)
        resource.setrlimit(what, (bound, bound))
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    give_up_root()
    # No process is started from here on: for root alone this would not hold.
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def read(file: BinaryIO) -> Answer:
    """What the file is and says. Raises whatever a library raises for what nobody thought of."""
    media_type = type_from_head(file.read(HEAD_BYTES))
    file.seek(0)
    if media_type == "application/pdf":
        return _pdf(file)
    if media_type.startswith("image/"):
        return _picture(file, media_type)
    if media_type.startswith(("audio/", "video/")):
        return _recording(file, media_type) or Answer(
            media_type=media_type, metadata={}, failure="The recording is damaged or of a kind that is not known; it is kept as it is."
        )  # fmt: skip
    if media_type == "application/zip":
        return _archive(file)
    if media_type == OPAQUE:
        found = _picture(file, OPAQUE)
        return (found if found.media_type != OPAQUE else None) or _recording(file, OPAQUE) or Answer(media_type=OPAQUE, metadata={})  # fmt: skip
    return Answer(media_type=media_type, metadata={})


def _pdf(file: BinaryIO) -> Answer:
    metadata: dict[str, str] = {}
    try:
        document = pypdfium2.PdfDocument(file)
        metadata = {key: value for key, value in document.get_metadata_dict().items() if value}
        metadata["Pages"] = str(len(document))
        page = document[0]
        scale = THUMBNAIL_PX / max(page.get_width(), page.get_height(), 1)
        picture = page.render(scale=min(scale, 4)).to_pil()
        return Answer(media_type="application/pdf", metadata=metadata, thumbnail=_thumbnail(picture))
    except (pypdfium2.PdfiumError, ValueError, IndexError, MemoryError):
        failure = "The PDF is damaged or locked; it is kept as it is."
        return Answer(media_type="application/pdf", metadata=metadata, failure=failure)


def _picture(file: BinaryIO, media_type: str) -> Answer:
    try:
        picture = Image.open(file, formats=_FORMATS)
    except UnidentifiedImageError:
        return _unknown_picture(file, media_type)
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError, MemoryError):
        return Answer(media_type=media_type, metadata={}, failure=_TOO_LARGE)
    with picture:
        if media_type == OPAQUE:
            media_type = Image.MIME.get(picture.format or "", OPAQUE)
        metadata = {"Size": f"{picture.width} x {picture.height}"}
        # The facts of a picture are worth keeping where its points cannot be read, and the other way round.
        with contextlib.suppress(OSError, ValueError, SyntaxError, KeyError, TypeError):
            metadata |= _exif(picture)
        try:
            picture.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
            thumbnail, failure = _thumbnail(picture), ""
        except (Image.DecompressionBombError, MemoryError):
            thumbnail, failure = "", _TOO_LARGE
        except (OSError, ValueError, SyntaxError, TypeError, KeyError):
            thumbnail, failure = "", _DAMAGED
    return Answer(media_type=media_type, metadata=metadata, thumbnail=thumbnail, failure=failure)


def _unknown_picture(file: BinaryIO, media_type: str) -> Answer:
    """A picture that Pillow does not know, such as HEIC. The size is not told: MediaInfo sees that of its tiles."""
    if media_type == OPAQUE:
        return Answer(media_type=OPAQUE, metadata={})
    tracks = _tracks(file)
    if not any(track.track_type == "Image" for track in tracks):
        return Answer(media_type=media_type, metadata={}, failure=_DAMAGED)
    general = next((track for track in tracks if track.track_type == "General"), None)
    failure = "No small picture can be made of this kind of picture; it is kept as it is."
    return Answer(media_type=media_type, metadata=_fields("", general, _GENERAL_FIELDS), failure=failure)


def _exif(picture: Image.Image) -> dict[str, str]:
    exif = picture.getexif()
    found: Mapping[int, Any] = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
    named = {ExifTags.TAGS.get(tag, ""): value for tag, value in found.items()}
    facts = {name: str(named[name]).strip("\0 ") for name in _EXIF_FIELDS if named.get(name)}
    if exif.get_ifd(ExifTags.IFD.GPSInfo):
        facts["GPS"] = "the file says where it was made"
    return facts


def _tracks(file: BinaryIO) -> list[Any]:
    """By way of a buffer: where a file names others, as play lists do, there is nothing to find them by."""
    file.seek(0)
    parsed = MediaInfo.parse(file, parse_speed=0.3)
    return list(parsed.tracks) if isinstance(parsed, MediaInfo) else []


def _recording(file: BinaryIO, media_type: str) -> Answer | None:
    tracks = _tracks(file)
    heard = [track for track in tracks if track.track_type in ("Audio", "Video")]
    if not heard:
        return None
    general = next((track for track in tracks if track.track_type == "General"), None)
    metadata = _fields("", general, _GENERAL_FIELDS)
    for track in heard[:4]:
        metadata |= _fields(f"{track.track_type} ", track, _TRACK_FIELDS)
    if media_type == OPAQUE:
        media_type = str(getattr(general, "internet_media_type", None) or OPAQUE)
    kind = "video" if any(track.track_type == "Video" for track in heard) else "audio"
    return Answer(media_type=re.sub(r"^(?:audio|video)/", f"{kind}/", media_type), metadata=metadata)


def _fields(prefix: str, track: Any, names: tuple[str, ...]) -> dict[str, str]:
    values = {name: getattr(track, name, None) for name in names}
    return {
        f"{prefix}{name.replace('_', ' ')}": str(value)
        for name, value in values.items()
        if value not in (None, "")
    }


def _archive(file: BinaryIO) -> Answer:
    """The list of files only; nothing is unpacked but the 100 bytes in which a document may say its type."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            stated = ""
            if "mimetype" in names:
                with archive.open("mimetype") as member:
                    stated = member.read(100).decode("ascii", "replace").strip()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        failure = "The archive is damaged; it is kept as it is."
        return Answer(media_type="application/zip", metadata={}, failure=failure)
    media_type = "application/zip"
    if "[Content_Types].xml" in names:
        media_type = next((kind for folder, kind in _OFFICE.items() if any(name.startswith(folder) for name in names)), media_type)  # fmt: skip
    elif re.fullmatch(r"application/[\w.+-]{1,80}", stated):
        media_type = stated
    elif "AndroidManifest.xml" in names:
        media_type = "application/vnd.android.package-archive"
    return Answer(
        media_type=media_type, metadata={"Files": str(len(names)), "First files": ", ".join(names[:5])}
    )


def _thumbnail(picture: Image.Image) -> str:
    """As base64. What is transparent lies on white, as a reader would see it."""
    picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    picture = ImageOps.exif_transpose(picture)  # as the phone was held
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        picture = Image.new("RGB", clear.size, "white")
        picture.paste(clear, mask=clear.getchannel("A"))
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


if __name__ == "__main__":
    main(int(sys.argv[1]))
