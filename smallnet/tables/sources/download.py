"""Fetch one raw file: whole and checked, or not at all."""

from pathlib import Path

import pooch
import requests

from smallnet.errors import DownloadError
from smallnet.tables.sources.entry import File

__all__ = ["TIMEOUT_S", "fetch_file"]

TIMEOUT_S = 60  # without a byte from the server
CHUNK = 1 << 20  # bytes


def fetch_file(file: File, folder: Path) -> None:
    """Fetch ``file`` into ``folder``, where it appears only when its SHA-256 is right.

    Raises
    ------
    DownloadError
        If the server cannot be reached or breaks off, the bytes are not the expected ones, or the
        folder cannot be written.
    """
    pooch.get_logger().setLevel("WARNING")  # the registry has said what is fetched
    try:
        pooch.retrieve(
            url=file.address,
            known_hash=f"sha256:{file.sha256}",
            fname=file.name,
            path=folder,
            downloader=_get,
        )
    except requests.RequestException as error:
        msg = f"{file.address} could not be fetched: {_cause(error)}"
        raise DownloadError(msg) from None
    except ValueError:
        msg = (
            f"{file.address} gave other bytes than expected (SHA-256 {file.sha256}): the file "
            "has changed there, or something on the way answers in its place"
        )
        raise DownloadError(msg) from None
    except OSError as error:
        msg = f"{file.address} could not be kept in {folder}: {error.strerror or error}"
        raise DownloadError(msg) from None


def _get(url: str, output_file: str, _pooch: object) -> None:
    """Write what ``url`` gives; unlike pooch's own, it closes the connection on an error too."""
    with requests.get(url, timeout=TIMEOUT_S, stream=True) as response:
        response.raise_for_status()
        with Path(output_file).open("wb") as stream:
            for chunk in response.iter_content(CHUNK):
                stream.write(chunk)


def _cause(error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"the server was silent for {TIMEOUT_S} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the transfer broke off before the end"
    if isinstance(error, requests.ConnectionError):
        return "the server cannot be reached (is there a network?)"
    return str(error)
