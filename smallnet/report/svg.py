"""A figure's SVG made fit to stand inside a page: no scripts, no outside links, ids of its own."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from smallnet.errors import InputError

__all__ = ["figure_lang", "inline_svg"]

_SVG = "http://www.w3.org/2000/svg"
_LANGUAGE = "{http://purl.org/dc/elements/1.1/}language"
_FORBIDDEN = {"script", "foreignObject", "metadata", "style", "title", "iframe", "a", "set"}
_URL = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")


def _read(path: Path) -> ET.Element:
    try:
        text = path.read_text("utf-8")
        if "<!ENTITY" in text:  # an entity could grow without end
            msg = f"{path} declares entities, expected a plain figure"
            raise InputError(msg)
        return ET.fromstring(text)
    except (ET.ParseError, UnicodeDecodeError) as error:
        msg = f"{path} is no SVG: {error}"
        raise InputError(msg) from error


def figure_lang(path: Path) -> str | None:
    """Language that a figure is labelled in; None if there is no figure or it does not say."""
    if not path.is_file():
        return None
    return next((node.text for node in _read(path).iter(_LANGUAGE)), None)


def inline_svg(path: Path, prefix: str, alt: str) -> str:
    """Give the SVG of a figure as it may stand in an HTML page.

    Parameters
    ----------
    path : Path
        The file.
    prefix : str
        Put before every id, so that figures on one page do not mix up their parts.
    alt : str
        What the figure says, for those who do not see it.

    Raises
    ------
    InputError
        If the file is no SVG.
    """
    root = _read(path)
    for parent in list(root.iter()):
        for child in list(parent):
            if str(child.tag).rpartition("}")[2] in _FORBIDDEN:
                parent.remove(child)
    for node in root.iter():
        for name, value in list(node.attrib.items()):
            plain = name.rpartition("}")[2].lower()
            if plain == "id":
                node.set(name, prefix + value)
            elif plain == "href" and value.startswith("#"):
                node.set(name, "#" + prefix + value[1:])
            elif plain.startswith("on") or (
                plain in {"href", "src"} and not value.startswith("data:image/png;base64,")
            ):
                del node.attrib[name]
            elif "url(" in value:
                local = _URL.sub(rf"url(#{prefix}\1)", value)
                node.set(name, local if _URL.search(value) else "")
    _drop_prefixes(root)
    root.set("xmlns", _SVG)
    root.set("style", "stroke-linejoin:round;stroke-linecap:butt")
    root.set("role", "img")
    root.set("aria-label", alt)
    root.set("id", prefix + "figure")
    return ET.tostring(root, encoding="unicode")


def _drop_prefixes(root: ET.Element) -> None:
    """Name tags and attributes without their namespaces, as HTML does.

    How ElementTree spells a namespace is one setting for the whole process, and others set it.
    """
    for node in root.iter():
        node.tag = str(node.tag).rpartition("}")[2]
        for name in [name for name in node.attrib if "}" in name]:
            node.set(name.rpartition("}")[2], node.attrib.pop(name))
