"""B07: people adopt because friends inside their group have adopted.

People who name each other are alike, and what makes one adopt makes the other adopt. What
influence adds is that one adopts *after* the other. So the coefficient of the alters who adopted
before is held against the same coefficient after the moments of adoption were exchanged among the
adopters of each group: who adopts and who is tied to whom stay as they are.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError, NotTestableError
from smallnet.hypotheses.methods.adoption_order import edge_reversal_test
from smallnet.hypotheses.methods.diffusion_table import (
    Diffusions,
    all_layers,
    layers_of,
    read_diffusions,
)
from smallnet.hypotheses.methods.drawing import BLUE, GREY, axes
from smallnet.hypotheses.methods.exposure import (
    FRACTIONS,
    Cells,
    Diffusion,
    ExposureFit,
    count_cells,
    fit_exposure,
    shuffled,
)
from smallnet.hypotheses.methods.ranks import rank_correlation
from smallnet.hypotheses.result import Claim, Result, interval_fields, result_of, settle
from smallnet.tables import Choices, Dataset, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

FEWEST_ADOPTIONS = 20  # while watched; with fewer the coefficient is not near normal
FEWEST_DRAWS, ROWS_DRAWN = 99, 2_000_000_000  # of shuffles: at least; rows counted in all
FEWER_DRAWS = 99  # for re-estimates
LARGEST_ERROR = 5.0  # of a log-odds ratio that is worth drawing
MOST_COUNT = 3  # "3 or more" alters, in the figure

CLAIM = Claim(
    id="B07",
    title=Text("Adopting after friends", "随好友而采纳"),
    claim=Text(
        "What friends in one's group have adopted is adopted: influence through two or three "
        "friends: 「三人成虎」.",
        "群内好友采纳过的，自己也会采纳：两三个好友就足以带动：「三人成虎」。",
    ),
    needs=("memberships", "adoptions"),
    estimand=Text(
        "Odds of adopting in a period per unit of ln(1 + alters of the same group who adopted "
        "before), over the same odds ratio when the moments of adoption are exchanged among the "
        "adopters of each group.",
        "每期采纳的几率随 ln(1 + 之前已采纳的同群联系人数) 每增一单位的比值，"
        "除以在各群采纳者之间交换采纳时间后的同一比值。",
    ),
    effect=Text(
        "odds ratio of adopting per log-unit of alters who adopted, over shuffled times",
        "采纳的比值比（每对数单位已采纳联系人），除以时间打乱后的比值比",
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Logit of adopting in each period among those who had not, with an effect of each period "
        "and (where everybody is in one group) of each group. The interval is the observed "
        "coefficient less the quantiles of the shuffled ones.",
        "对每期尚未采纳者做采纳的逻辑回归，含各期效应；若每人只属一个群，再加各群效应。"
        "区间为观察系数减去打乱后系数的分位数。",
    ),
    null_model=Text(
        "Adoption times exchanged among each group's adopters (Anagnostopoulos et al. 2008).",
        "在各群采纳者之间交换采纳时间（Anagnostopoulos 等 2008）。",
    ),
    assumptions=(
        Text(
            "Without influence, every order of a group's adopters would be as likely.",
            "若无影响，群内采纳者的先后次序机会均等。",
        ),
    ),
    threats=(
        Text(
            "Alike people may also adopt at about the same time (T1), and news reaches tied people "
            "together (T3): both look like influence here.",
            "相似的人也可能同时采纳（T1），消息也会同时到达相连的人（T3）：在这里都像影响。",
        ),
        Text(
            "Influence on whether, not when, somebody adopts goes into the null: the estimate is "
            "then too small.",
            "影响若作用于是否采纳而非何时采纳，会被算进零模型：估计偏小。",
        ),
    ),
    why_hard=Text(
        "Friends are alike, so friends of adopters adopt more even if nobody influences anybody: "
        "in a classic study 88 % of the coefficient remains when the order is scrambled.",
        "好友彼此相似，即使无人影响他人，采纳者的好友也更常采纳：在一项经典研究中，"
        "打乱先后后仍剩 88% 的系数。",
    ),
    would_refute=Text(
        "A coefficient that is as large when the moments of adoption are exchanged.",
        "交换采纳时间后系数同样大。",
    ),
    would_settle=Text(
        "A randomised exposure: who sees which friend's adoption is drawn by lot.",
        "随机化的曝光：由抽签决定谁看到哪位好友的采纳。",
    ),
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Hold the coefficient of earlier adopters among one's alters against shuffled times.

    Parameters
    ----------
    dataset : Dataset
        Needs memberships, adoptions, and ties or friendships.
    choices : Choices
        ``exposure_layers`` names the layers of ties; none means all of ``ties``, and friendships
        where there are no others. Level, smallest effect and draws.
    rng : numpy.random.Generator
        Draws the shuffles.

    Returns
    -------
    Result
        ``details``: coefficients with period effects and with group effects, with standard errors
        from the information; mean and deviation of the shuffled ones and the one-sided p-value;
        the reading as a fraction; odds by number of alters; the share of each group that adopted
        and its rank correlation with size.

    Raises
    ------
    NotTestableError
        If there are no ties inside groups or no item with two adopters.
    """
    dataset.require(*CLAIM.needs)
    layers = layers_of(dataset, choices.exposure_layers)
    found = read_diffusions(dataset, layers)
    if not found.each:
        raise NotTestableError(["adoptions of one item by two members of groups"])
    if not found.n_ties:
        raise NotTestableError(["ties between members of one group"])
    others = [(layer,) for layer in all_layers(dataset) if (layer,) != layers]
    rng_main, rng_turned, *rng_others = rng.spawn(2 + len(others))
    details: dict[str, Any] = {
        "layers": list(layers),
        "items": len(found.items),
        "ties_used": found.n_ties,
        "period_days": found.days,
        "adopters_outside_groups": found.left_out,
    } | _by_group(found, choices)
    cells = _cells(found.each)
    by_group = len(found.groups) > 1
    n: dict[str, int | None] = {
        "people": found.each[0].adopted.size,
        "groups": len(found.groups) or None,
        "rows": int(cells.rows.sum()),
        "events": int(cells.events.sum()),
    }
    try:
        fit = _fit(cells, by_group=by_group)
    except InputError as error:
        return _too_few(choices, n, details, Text(str(error), "可比较的变化不足"))
    n |= {"rows": fit.rows, "events": fit.events}
    if fit.events < FEWEST_ADOPTIONS:
        why = f"{fit.events} adoptions that tell, expected {FEWEST_ADOPTIONS} or more"
        return _too_few(choices, n, details, Text(why, f"可用的采纳只有 {fit.events} 次"))
    drawn = _null(found.each, fit, choices.replicates, by_group=by_group, rng=rng_main)
    seen = float(fit.coefficients[0])
    estimate, low, high = _against(seen, drawn, choices.level)
    details |= _coefficients(cells, fit, drawn, by_group=by_group)
    details["p_edges_turned"] = _turned(found, choices, rng_turned)
    details["figure"] = _figure(found, cells, fit, by_group=by_group, rng=rng_turned)
    away = np.abs(drawn - drawn.mean()) >= abs(seen - drawn.mean())
    p_value = float((1 + away.sum()) / (1 + drawn.size))
    robustness = [
        _one_layer(dataset, layer, choices, child)
        for (layer,), child in zip(others, rng_others, strict=True)
    ]
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high, p_value),
        reason=_reason(np.exp(seen), np.exp(drawn.mean()), estimate, low, high, fit),
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=p_value,
        n=n,
        robustness=robustness,
        details=details,
    )


def _cells(each: tuple[Diffusion, ...], *, fraction: bool = False) -> Cells:
    """Cells of all items, each with periods of its own."""
    parts = [count_cells(item, fraction=fraction) for item in each]
    return Cells(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.events for part in parts]),
        np.concatenate([part.exposure for part in parts]),
        np.concatenate([part.period + i * each[0].n_periods for i, part in enumerate(parts)]),
        np.concatenate([part.group for part in parts]),
    )


def _fit(
    cells: Cells, *, by_group: bool, nuisance: npt.NDArray[np.float64] | None = None
) -> ExposureFit:
    return fit_exposure(cells, [np.log1p(cells.exposure)], by_group=by_group, nuisance=nuisance)


def _null(
    each: tuple[Diffusion, ...],
    fit: ExposureFit,
    draws: int,
    *,
    by_group: bool,
    rng: np.random.Generator,
) -> npt.NDArray[np.float64]:
    """Coefficients with adoption times exchanged; a draw without a maximum is drawn again."""
    rows = sum(item.adopted.size * item.n_periods for item in each)
    wanted = int(np.clip(ROWS_DRAWN // rows, min(FEWEST_DRAWS, draws), draws))
    drawn: list[float] = []
    for _ in range(2 * wanted):
        cells = _cells(tuple(shuffled(item, rng=rng) for item in each))
        try:
            again = _fit(cells, by_group=by_group, nuisance=fit.nuisance)
        except InputError:
            continue
        drawn.append(float(again.coefficients[0]))
        if len(drawn) == wanted:
            break
    return np.array(drawn)


def _against(
    seen: float, drawn: npt.NDArray[np.float64], level: float
) -> tuple[float, float, float]:
    tail = (1 - level) / 2
    high, low = np.quantile(drawn, [tail, 1 - tail], method="weibull")
    return (
        float(np.exp(seen - drawn.mean())),
        float(np.exp(seen - low)),
        float(np.exp(seen - high)),
    )


def _coefficients(
    cells: Cells, fit: ExposureFit, drawn: npt.NDArray[np.float64], *, by_group: bool
) -> dict[str, Any]:
    plain = _fit(cells, by_group=False)
    seen = float(fit.coefficients[0])
    found: dict[str, Any] = {
        "coefficient_period_effects": [float(plain.coefficients[0]), float(plain.errors[0])],
        "coefficient_group_effects": [seen, float(fit.errors[0])] if by_group else None,
        "shuffled_mean": float(drawn.mean()),
        "shuffled_sd": float(drawn.std(ddof=1)),
        "shuffles": drawn.size,
        "p_one_sided": float((1 + (drawn >= seen).sum()) / (1 + drawn.size)),
        "log_likelihood_count": fit.log_likelihood,
    }
    return found


def _by_group(found: Diffusions, choices: Choices) -> dict[str, Any]:
    """Share of each group that adopted by the end, against its size."""
    if len(found.groups) < 2 or len(found.each) != 1:
        return {"saturation": None, "size_saturation": None}
    item = found.each[0]
    size = np.bincount(item.group, minlength=len(found.groups))
    share = np.bincount(item.group, item.adopted < item.n_periods, len(found.groups)) / size
    entry: dict[str, Any] = {
        "share": float((item.adopted < item.n_periods).mean()),
        "lowest": float(share.min()),
        "highest": float(share.max()),
        "by_group": dict(zip(found.groups, share.tolist(), strict=True)),
    }
    rank = rank_correlation(size, share, level=choices.level)
    if rank is None:
        return {"saturation": entry, "size_saturation": None}
    return {
        "saturation": entry,
        "size_saturation": {
            "spearman": rank.rho,
            "interval": [rank.low, rank.high],
            "groups": rank.n,
        },
    }


def _turned(found: Diffusions, choices: Choices, rng: np.random.Generator) -> float | None:
    """P-value of the edge-reversal test of the commonest item; None where ties are mutual."""
    item = found.each[0]
    times = np.where(item.adopted < item.n_periods, item.adopted.astype(float), np.inf)
    draws = min(choices.replicates, FEWER_DRAWS)
    try:
        return edge_reversal_test(item.ties, times, permutations=draws, rng=rng).p_value
    except InputError:
        return None


def _one_layer(
    dataset: Dataset, layer: str, choices: Choices, rng: np.random.Generator
) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": Text(f"ties of layer {layer} only", f"只看 {layer} 联系")}
    found = read_diffusions(dataset, [layer])
    by_group = len(found.groups) > 1
    try:
        fit = _fit(_cells(found.each), by_group=by_group)
    except InputError:
        return entry | interval_fields(None)
    drawn = _null(found.each, fit, min(choices.replicates, FEWER_DRAWS), by_group=by_group, rng=rng)
    return entry | interval_fields(_against(float(fit.coefficients[0]), drawn, choices.level))


def _figure(
    found: Diffusions, cells: Cells, fit: ExposureFit, *, by_group: bool, rng: np.random.Generator
) -> dict[str, Any]:
    """Odds ratios of 1, 2 and 3 or more alters against none: observed and shuffled; fractions."""
    shown: dict[str, Any] = {"observed": _doses(cells, by_group), "shuffled": []}
    draws = [
        _doses(_cells(tuple(shuffled(item, rng=rng) for item in found.each)), by_group)
        for _ in range(19)
    ]
    told = [draw for draw in draws if draw]
    if told:
        odds = np.array([[dose[0] for dose in draw] for draw in told])
        shown["shuffled"] = [
            [float(np.exp(np.log(o).mean())), float(o.min()), float(o.max())] for o in odds.T
        ]
    parts = _cells(found.each, fraction=True)
    try:
        other = fit_exposure(parts, [parts.exposure / FRACTIONS], by_group=by_group)
    except InputError:
        return shown
    shown["fraction"] = {
        "coefficient": float(other.coefficients[0]),
        "error": float(other.errors[0]),
        "log_likelihood_less_count": other.log_likelihood - fit.log_likelihood,
    }
    return shown


def _doses(cells: Cells, by_group: bool) -> list[list[float]]:
    dose = np.minimum(cells.exposure, MOST_COUNT)
    columns = [(dose == k).astype(float) for k in range(1, MOST_COUNT + 1)]
    try:
        fit = fit_exposure(cells, columns, by_group=by_group)
    except InputError:
        return []
    if fit.errors.max() > LARGEST_ERROR:
        return []
    half = 1.959964 * fit.errors
    return [
        [float(np.exp(b)), float(np.exp(b - h)), float(np.exp(b + h))]
        for b, h in zip(fit.coefficients, half, strict=True)
    ]


def _too_few(
    choices: Choices, n: dict[str, int | None], details: dict[str, Any], why: Text
) -> Result:
    return result_of(
        CLAIM,
        choices,
        verdict="inconclusive",
        reason=Text(f"Nothing can be estimated: {why.en}.", f"无法估计：{why.zh}。"),
        n=n,
        details=details,
    )


def _reason(
    seen: float, scrambled: float, estimate: float, low: float, high: float, fit: ExposureFit
) -> Text:
    return Text(
        f"The odds of adopting rise {seen:.2f}-fold per log-unit of alters who adopted before, but "
        f"{scrambled:.2f}-fold where the moments of adoption are exchanged; the ratio is "
        f"{estimate:.2f}, between {low:.2f} and {high:.2f} ({fit.events} adoptions).",
        f"已采纳联系人每增一对数单位，采纳几率变为 {seen:.2f} 倍；交换采纳时间后也有 "
        f"{scrambled:.2f} 倍；两者之比 {estimate:.2f}，区间 {low:.2f} 至 {high:.2f}"
        f"（{fit.events} 次采纳）。",
    )


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the odds of adopting by number of alters who adopted, and with shuffled times."""
    ax = axes(ax)
    chinese = lang == "zh"
    shown = result.details.get("figure") or {"observed": [], "shuffled": []}
    drawn: tuple[tuple[str, str, float, str], ...] = (
        ("shuffled", GREY, 0.08, "时间打乱" if chinese else "moments exchanged"),
        ("observed", BLUE, -0.08, "观察" if chinese else "observed"),
    )
    ax.axhline(1, color=GREY, lw=0.8)
    for kind, colour, shift, label in drawn:
        rows = np.array(shown[kind], float)
        if rows.size:
            x = np.arange(1, len(rows) + 1) + shift
            around = np.abs(rows[:, 1:].T - rows[:, 0])
            ax.errorbar(x, rows[:, 0], around, color=colour, fmt="o", capsize=3, label=label)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("{x:g}")
    ax.set_xlim(0.6, MOST_COUNT + 0.4)
    ax.set_xticks(range(1, MOST_COUNT + 1), [*map(str, range(1, MOST_COUNT)), f"{MOST_COUNT}+"])
    ax.set_xlabel("之前已采纳的同群联系人" if chinese else "alters in the group who adopted before")
    ax.set_ylabel(
        "采纳的比值比（对照：0 人）" if chinese else "odds ratio of adopting, against none"
    )
    if shown["observed"]:
        ax.legend()
    return ax
