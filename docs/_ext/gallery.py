"""The gallery: every function of ``smallnet.figures`` and every claim's plot, drawn at build.

What is drawn are small made worlds, each from a seed of its own, kept until the package changes.
The quick form (``-D quick=1``) draws nothing: all worlds together take minutes.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_words import fence, first_line, plain
from package_digest import cache_folder, forget_others
from sphinx.application import Sphinx
from sphinx.config import Config

__all__ = ["claim_figure", "describe_gallery", "setup"]

LANGUAGES = ("en", "zh")
SEED = 20241125
QUICK = "The quick form of this site leaves the figures out; `make docs` draws them."
_STATE: dict[str, Any] = {"folder": None, "quick": True}  # of this build


def describe_gallery(which: str) -> str:
    """Give the section of the figures, or that of the claims."""
    if _STATE["quick"]:
        return QUICK
    return "\n\n".join(_figures() if which == "figures" else _claims())


def claim_figure(name: str, lang: str) -> str:
    """Give a claim's plot for its own section; nothing in the quick form."""
    if _STATE["quick"]:
        return ""
    path = _claim_file(name, lang)
    from smallnet.hypotheses.register import find_registered

    return _picture(path, find_registered(name).title.get(lang)) if path else ""


def _figures() -> Iterator[str]:
    from figure_samples_drawn import SAMPLES

    import smallnet.figures
    from smallnet.figures import house_style, save_figure

    drawing = [name for name in smallnet.figures.__all__ if name.startswith(("plot_", "draw_"))]
    for name in sorted(drawing, key=lambda name: (name not in SAMPLES, name)):
        yield f"### `{name}`"
        yield plain(first_line(getattr(smallnet.figures, name)))
        if name not in SAMPLES:
            continue
        draw, code = SAMPLES[name]
        yield fence(code, "text")
        pictures = []
        for lang in LANGUAGES:
            with house_style(lang) as shown:
                path = save_figure(draw(shown), _folder(), f"{name}_{lang}", lang=lang)
            pictures.append(_picture(path, f"{name}, {lang}"))
        yield _in_tabs(pictures)


def _claims() -> Iterator[str]:
    from smallnet.hypotheses import CLAIMS
    from smallnet.hypotheses.register import find_registered, register_ids

    for name in register_ids():
        if name not in CLAIMS:
            continue
        title = find_registered(name).title
        yield f"### {name} {plain(title.en)}"
        yield f"[What the claim says](#claim-{name.lower()}) · [说法](#claim-{name.lower()}-zh)"
        paths = [(lang, _claim_file(name, lang)) for lang in LANGUAGES]
        pictures = [_picture(path, title.get(lang)) for lang, path in paths if path]
        yield _in_tabs(pictures) if pictures else "Its answer is a number without a figure."


def _claim_file(name: str, lang: str) -> Path | None:
    """Draw a claim's answer on a made world, unless this package drew it before."""
    path = _folder() / f"claim_{name}_{lang}.svg"
    none = path.with_suffix(".none")
    if not path.exists() and not none.exists():
        _draw_claim(name)
    return path if path.exists() else None


def _draw_claim(name: str) -> None:
    import numpy as np

    from smallnet.figures import house_style, make_axes, save_figure
    from smallnet.hypotheses import load_claim
    from smallnet.hypotheses.planted import load_planted
    from smallnet.tables import Choices

    plan, module = load_planted(name), load_claim(name)
    rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
    dataset, _truth = plan.draw(plan.effects[0], groups=plan.groups, people=plan.people, rng=rng)
    choices = Choices.from_mapping({"replicates": 199, **plan.choices})
    result = module.test(dataset, choices, rng=rng)
    for lang in LANGUAGES:
        with house_style(lang) as shown:
            try:
                drawn = module.plot(result, make_axes(None), lang=shown)
            except (KeyError, TypeError):  # an answer without a curve
                drawn = None
            if drawn is None:
                (_folder() / f"claim_{name}_{lang}.none").touch()
            else:
                save_figure(drawn, _folder(), f"claim_{name}_{lang}", lang=lang)


def _in_tabs(pictures: list[str]) -> str:
    """Give each language a tab of its own: side by side the labels would be too small to read."""
    names = ("English", "中文")
    tabs = "\n".join(
        f":::{{tab-item}} {name}\n:sync: {name}\n{picture}\n:::"
        for name, picture in zip(names, pictures, strict=True)
    )
    return f"::::{{tab-set}}\n{tabs}\n::::"


def _picture(path: Path, words: str) -> str:
    target = os.path.relpath(path, _STATE["source"])
    return f"![{plain(words)}]({target})"


def _folder() -> Path:
    folder: Path = _STATE["folder"]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _begin(app: Sphinx, config: Config) -> None:
    _STATE["quick"] = bool(config.quick)
    _STATE["source"] = app.srcdir
    cache = cache_folder(Path(app.srcdir).parent)
    _STATE["folder"] = cache / "figures"
    if not _STATE["quick"]:
        forget_others(cache)


def setup(app: Sphinx) -> dict[str, Any]:
    """Know whether to draw the claims too."""
    app.add_config_value("quick", False, "env", types=(bool, str, int))
    app.connect("config-inited", _begin)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
