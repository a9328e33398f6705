"""The commands. No science here: they read words, call ``study`` and its rooms, and print."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smallnet import __version__
from smallnet.errors import SmallnetError, UnknownNameError

if TYPE_CHECKING:
    from smallnet.hypotheses import Result
    from smallnet.hypotheses.registration import Standing

__all__ = ["main"]

MODEL_NAMES = (  # here too, so that the help need not load the models
    "independent-cascade, linear-threshold, si, sir, sis, si-continuous, sir-continuous, "
    "sis-continuous, complex-contagion, simplicial-contagion, group-contagion, share-in-groups"
)
FORMAT_NAMES = (  # as above
    "whatsapp, telegram, discord, slack, zulip, messenger, signal, instagram, irc, mbox, "
    "wechat, qq, columns"
)
NO_MEMORY = "out of memory; try --memory 1GB"
DONE, BAD_INPUT, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

EXAMPLES = """\
examples:
  smallnet study data/campaign -o out          the claims, tested on a folder of tables
  smallnet study slack_10academy -o out --lang zh
  smallnet check my_tables                     every problem in my tables
  smallnet data list                           public data sets and what they can test
  smallnet simulate step_at_30 -o world        a world whose answer is known
  smallnet explain S05                         a claim, and why it is hard
"""

COMMAND_EXAMPLES = {
    name: "examples:\n" + "\n".join(f"  smallnet {line}" for line in lines)
    for name, lines in {
        "study": (
            "study my_tables -o out",
            "study slack_10academy -o out --hypotheses S05,T30 --lang zh",
            "study my_tables -o out --set small_group=20 --set dead_after=14d --seed 7",
        ),
        "check": ("check my_tables", "check my_tables --json > problems.json"),
        "import": (
            'import whatsapp "WhatsApp Chat.txt" -o tables --timezone Europe/Berlin',
            "import auto export.zip -o tables --key my.key --append",
            "import columns log.csv -o tables --map columns.toml",
        ),
        "anonymise": ("anonymise my_tables -o to_share --key my.key",),
        "list": ("data list", "data list --json"),
        "get": ("data get karate", "data get slack_10academy -o tables"),
        "score": ("score my_tables -o groups.csv",),
        "report": ("report out --lang zh",),
        "across": ("across out -o out/across", "across out/karate out/eies -o both --lang zh"),
        "simulate": ("simulate --list", "simulate step_at_30 -o world --seed 3"),
        "spread": (
            "spread my_tables --model independent-cascade --probability 0.05 "
            "--seed-people ann,bob -o out",
            "spread copenhagen_cns --model sir --set beta=0.1 --set gamma=0.2 "
            "--seed-people 3 --replicates 200 -o out",
        ),
        "seeds": (
            "seeds my_tables --budget 50 --probability 0.05 -o out",
            "seeds my_tables --budget 50 --cost-per-group 2 --strategies "
            "degree,whole-small-groups,one-per-group -o out",
        ),
        "calibrate": (
            "calibrate S05 --worlds 200 -o out/S05",
            "calibrate S08 --worlds 500 --groups 20,50 --jobs 2 -o out/S08",
        ),
        "power": (
            "power S05 --groups 20,40,80 --people 160,320",
            "power S08 --groups 25,50 --people 200 --effect 0.8 -o out/power",
        ),
        "explain": ("explain S05", "explain T30 --lang zh"),
    }.items()
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 bad input, 2 wrong usage."""
    arguments = _parser().parse_args(argv)
    # Our matrices are small: more threads than one only fight each other for the cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except UnknownNameError as error:
        return _fail(str(error), WRONG_USAGE)
    except SmallnetError as error:
        return _fail(str(error), BAD_INPUT)
    except KeyboardInterrupt:
        return _fail("interrupted; nothing half-written was left behind", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        sys.stderr.close()
        return DONE
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}", BAD_INPUT)
    except MemoryError:
        return _fail(NO_MEMORY, BAD_INPUT)
    except Exception as error:  # DuckDB has words of its own for the same
        if "Query interrupted" in str(error):
            return _fail("interrupted; nothing half-written was left behind", INTERRUPTED)
        if type(error).__name__ == "OutOfMemoryException":
            return _fail(NO_MEMORY, BAD_INPUT)
        raise


def _fail(message: str, code: int) -> int:
    print(f"smallnet: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="smallnet",
        description="What makes a small group work? Claims about groups, tested honestly.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"smallnet {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    study = _command(commands, "study", "test the claims on DIR and write a page", _study)
    study.add_argument("dir", metavar="DIR", help="folder of tables, or name of a public data set")
    study.add_argument("-o", "--output", metavar="OUT", required=True, help="folder for results")
    study.add_argument(
        "--hypotheses", metavar="S01,S05", help="claims to test (default: all)", default=None
    )
    _add_settings(study)
    study.add_argument("--seed", type=_seed, metavar="N", help="random seed")
    study.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="claims side by side")
    study.add_argument("--engine", choices=["duckdb"], default="duckdb", help="where tables live")
    study.add_argument("--memory", metavar="SIZE", help="memory for the tables, such as 2GB")
    _add_lang(study)

    check = _command(commands, "check", "list every problem of the tables in DIR", _check)
    check.add_argument("dir", metavar="DIR", help="folder of tables, or name of a public data set")
    check.add_argument("--json", action="store_true", help="the list as JSON")
    _add_lang(check)

    _add_import(commands)

    data = _command(commands, "data", "public data sets: list them, get one", _data_list)
    data.set_defaults(json=False)
    actions = data.add_subparsers(title="actions", metavar="list|get", required=True)
    listing = _command(actions, "list", "name, licence, size and what each can test", _data_list)
    listing.add_argument("--json", action="store_true", help="the list as JSON")
    get = _command(actions, "get", "write NAME as a folder of tables", _data_get)
    get.add_argument("name", metavar="NAME")
    get.add_argument("-o", "--output", metavar="DIR", help="folder (default: NAME)")

    score = _command(commands, "score", "write the scorecard of every group to a CSV file", _score)
    score.add_argument("dir", metavar="DIR", help="folder of tables, or name of a public data set")
    score.add_argument("-o", "--output", metavar="FILE", required=True, help="CSV file")
    _add_settings(score)

    report = _command(commands, "report", "build the page again from OUT/results.json", _report)
    report.add_argument("out", metavar="OUT", help="folder that a study wrote")
    _add_lang(report, default=None)

    across = _command(commands, "across", "what several studies say together, on a page", _across)
    across.add_argument("out", nargs="+", metavar="OUT", help="studies, or a folder of studies")
    across.add_argument("-o", "--output", metavar="DIR", required=True, help="folder for the page")
    words = "data sets that hold the same people, only one of which counts (may be given again)"
    across.add_argument(
        "--same-people", action="append", default=[], type=_names, metavar="A,B", help=words
    )
    _add_lang(across)

    simulate = _command(
        commands, "simulate", "write a world with known answers as tables", _simulate
    )
    words = "its name (see --list), or a TOML file"
    simulate.add_argument("scenario", nargs="?", metavar="SCENARIO", help=words)
    simulate.add_argument("-o", "--output", metavar="DIR", help="folder for the tables")
    simulate.add_argument("--seed", type=_seed, default=1, metavar="N", help="random seed")
    simulate.add_argument("--list", action="store_true", help="list the scenarios")

    spread = _command(commands, "spread", "let something spread on DIR, many times", _spread)
    spread.add_argument("dir", metavar="DIR", help="folder of tables, or name of a public data set")
    _add_model(spread)
    spread.add_argument(
        "--seed-people", metavar="A,B,C", required=True, help="ids of the people who start"
    )
    _add_runs(spread)

    words = "whom, and which groups, to start with: strategies compared"
    seeds = _command(commands, "seeds", words, _seeds)
    seeds.add_argument("dir", metavar="DIR", help="folder of tables, or name of a public data set")
    seeds.add_argument(
        "--budget", type=float, required=True, metavar="K", help="people (or cost) to start with"
    )
    seeds.add_argument("--strategies", metavar="A,B", help="to compare (default: all that fit)")
    seeds.add_argument("--cost-per-person", type=float, default=1.0, metavar="C", help="default 1")
    seeds.add_argument("--cost-per-group", type=float, default=0.0, metavar="C", help="default 0")
    _add_model(seeds)
    _add_runs(seeds)

    words = "how often a claim's test is wrong, and right, on worlds with known answers"
    calibrate = _command(commands, "calibrate", words, _calibrate)
    _add_trials(calibrate, worlds=200)
    calibrate.add_argument(
        "-o", "--output", metavar="OUT", required=True, help="folder; a run there is resumed"
    )
    words = "power by size of study, and the smallest study that is enough"
    power = _command(commands, "power", words, _power)
    _add_trials(power, worlds=100)
    power.add_argument("-o", "--output", metavar="OUT", help="folder for power.json and worlds")

    explain = _command(commands, "explain", "say what a claim means and why it is hard", _explain)
    explain.add_argument("claim", metavar="CLAIM", help="its id, such as S05")
    _add_lang(explain)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    words: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=words,
        description=f"{words[0].upper()}{words[1:]}.",
        epilog=COMMAND_EXAMPLES.get(name),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_import(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    words = "chat exports and logs to tables that name nobody"
    imports = _command(commands, "import", words, _import)
    words = f"auto (told from the files) or one of {FORMAT_NAMES}"
    imports.add_argument("format", metavar="FORMAT", help=words)
    imports.add_argument("files", nargs="+", metavar="FILE", help="files, zips or folders")
    imports.add_argument("-o", "--output", metavar="DIR", required=True, help="folder for tables")
    imports.add_argument("--timezone", metavar="ZONE", help="of wall-clock times: Europe/Berlin")
    imports.add_argument("--date-order", choices=["dmy", "mdy", "ymd"], help="of 3/4/21")
    imports.add_argument("--keep-text", action="store_true", help="keep the words; is recorded")
    imports.add_argument("--append", action="store_true", help="add what is new to DIR")
    imports.add_argument("--map", metavar="FILE", help="TOML map of columns, for columns")
    imports.add_argument("--chat", metavar="NAME", help="name of the chat, where no file says it")
    imports.add_argument("--me", metavar="NAME", help='who exported, where system lines say "you"')
    words = "pseudonyms for people and groups, words dropped, rare traits left out"
    anonymise = _command(commands, "anonymise", words, _anonymise)
    anonymise.add_argument("dir", metavar="DIR", help="folder of tables")
    anonymise.add_argument("-o", "--output", metavar="DIR", required=True, help="folder for tables")
    for command in (imports, anonymise):
        words = "key of the pseudonyms, made if missing (default: OUTPUT.key, beside the folder)"
        command.add_argument("--key", metavar="FILE", help=words)
        words = "fewer people than this are not told apart in what is shared (default 5)"
        command.add_argument("--min-cell", type=int, default=5, metavar="N", help=words)
        _add_lang(command)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        type=_setting,
        help="a choice that differs, such as small_group=20 (may be given again)",
    )


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        msg = f"{text!r} is not of the form key=value"
        raise argparse.ArgumentTypeError(msg)
    return key.strip(), value.strip()


def _seed(text: str) -> int:
    if not text.isdecimal():
        msg = f"the random seed is {text!r}, expected a whole number of at least 0"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _jobs(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or int(text) == 0:
        msg = f"the number of workers is {text!r}, expected a whole number, or -1 for one a core"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model", metavar="NAME", default="independent-cascade", help=f"one of {MODEL_NAMES}",
    )  # fmt: skip
    command.add_argument(
        "--layer", metavar="NAME", default="friendship", help="friendship or interaction"
    )
    command.add_argument(
        "--probability", type=float, metavar="P", help="of models that have a probability"
    )
    command.add_argument(
        "--set", action="append", default=[], type=_setting, metavar="KEY=VALUE",
        help="a parameter of the model (may be given again; an unknown one lists all)",
    )  # fmt: skip


def _add_runs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--replicates", type=int, default=1000, metavar="N", help="number of runs")
    command.add_argument("-o", "--output", metavar="OUT", required=True, help="folder for results")
    command.add_argument("--seed", type=_seed, default=1, metavar="N", help="random seed")
    words = "workers, -1 for one a core; the answer is the same"
    command.add_argument("--jobs", type=_jobs, default=1, metavar="N", help=words)
    _add_lang(command)


def _add_trials(command: argparse.ArgumentParser, *, worlds: int) -> None:
    command.add_argument("claim", metavar="CLAIM", help="its id, such as S05")
    command.add_argument(
        "--worlds", type=int, default=worlds, metavar="N",
        help=f"without effect, and with each effect, at each size (default {worlds})",
    )  # fmt: skip
    command.add_argument(
        "--groups", type=_numbers, metavar="A,B", help="of a world (default: the claim's own)"
    )
    command.add_argument(
        "--people", type=_numbers, metavar="A,B", help="of a world (default: the claim's own)"
    )
    command.add_argument(
        "--effect", type=_reals, metavar="A,B", help="strengths to plant (default: the claim's own)"
    )
    _add_settings(command)
    command.add_argument("--seed", type=_seed, default=1, metavar="N", help="random seed")
    command.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="worlds side by side")


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _reals(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


_numbers.__name__, _reals.__name__ = "list of whole numbers", "list of numbers"  # for argparse


def _add_lang(parser: argparse.ArgumentParser, default: str | None = "en") -> None:
    parser.add_argument(
        "--lang", choices=["en", "zh"], default=default, help="language of the words (default: en)"
    )


def _study(arguments: argparse.Namespace) -> int:
    from smallnet.hypotheses import claim_ids
    from smallnet.study import run_study

    settings: dict[str, object] = dict(arguments.set)
    if arguments.hypotheses is not None:
        settings["hypotheses"] = list(claim_ids(arguments.hypotheses.split(",")))
    with _progress() as progress:
        outcome = run_study(
            arguments.dir,
            arguments.output,
            settings=settings,
            random_seed=arguments.seed,
            jobs=arguments.jobs,
            lang=arguments.lang,
            memory_limit=arguments.memory,
            progress=progress,
        )
    _print_verdicts(outcome.results, arguments.lang)
    if outcome.standing is not None:
        _print_standing(outcome.standing, arguments.lang)
    print(f"\npage: {Path(arguments.output) / 'report.html'}")
    return DONE


def _print_verdicts(results: "Sequence[Result]", lang: str) -> None:
    from rich.console import Console
    from rich.table import Table

    heads = (
        ("", "claim", "verdict", "estimate", "p adj.", "what it is")
        if lang == "en"
        else ("", "说法", "结论", "估计", "校正 p", "估计的含义")
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head, wrap in zip(heads, (True, False, True, True, True, False), strict=True):
        table.add_column(head, no_wrap=wrap, overflow="fold")
    for result in results:
        adjusted = _p_text(result.p_adjusted)
        table.add_row(
            result.id,
            result.word("title", lang),
            result.word("verdict", lang),
            result.interval_text(),
            adjusted,
            result.word("effect", lang),
        )
    width = None if sys.stdout.isatty() else 140
    Console(width=width, highlight=False, soft_wrap=False).print(table)


def _print_standing(standing: "Standing", lang: str) -> None:
    kept, chinese = standing.registration, lang == "zh"
    print(f"\n{'登记于' if chinese else 'registered'} {kept.registered_at}, sha256 {kept.sha256}")
    for departure in standing.departures:
        claims = ", ".join(departure.claims)
        print(f"{'探索性' if chinese else 'exploratory'} {claims}: {departure.words.get(lang)}")
    for note in standing.notes:
        print(note.get(lang))


def _p_text(p_value: float | None) -> str:
    if p_value is None:
        return "–"
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show the current step on stderr, and nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield status.update


def _check(arguments: argparse.Namespace) -> int:
    from smallnet.tables import (
        CheckReport,
        check_dataset,
        check_folder,
        load_instead_of_folder,
    )

    path = Path(arguments.dir)
    if path.exists():
        report = check_folder(path)
    else:
        dataset = load_instead_of_folder(arguments.dir)
        report = CheckReport(problems=check_dataset(dataset), rows=dataset.rows)
    if arguments.json:
        _print_json(report.to_dict())
    else:
        print(report.to_text(arguments.lang))
    return BAD_INPUT if report.stops else DONE


def _import(arguments: argparse.Namespace) -> int:
    from smallnet.importers import import_export

    report = import_export(
        None if arguments.format == "auto" else arguments.format,
        arguments.files,
        arguments.output,
        timezone=arguments.timezone,
        date_order=arguments.date_order,
        key_file=arguments.key,
        keep_text=arguments.keep_text,
        append=arguments.append,
        min_cell=arguments.min_cell,
        map_file=arguments.map,
        chat=arguments.chat,
        me=arguments.me,
    )
    print(report.to_text(arguments.lang), file=sys.stderr)
    print(arguments.output)
    return DONE


def _anonymise(arguments: argparse.Namespace) -> int:
    from smallnet.importers import anonymise

    summary = anonymise(
        arguments.dir, arguments.output, key_file=arguments.key, min_cell=arguments.min_cell
    )
    print(summary.get(arguments.lang), file=sys.stderr)
    print(arguments.output)
    return DONE


def _print_json(value: object) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False, indent=1))


def _data_list(arguments: argparse.Namespace) -> int:
    from smallnet.tables import list_data

    entries = list_data()
    if arguments.json:
        _print_json([entry.to_dict() for entry in entries])
        return DONE
    for entry in entries:
        tests = ", ".join(entry.can_test) or "description only"
        print(f"{entry.name:22} {entry.title}")
        print(f"{'':22} licence: {entry.licence}; {entry.size_text}; can test {tests}")
    return DONE


def _data_get(arguments: argparse.Namespace) -> int:
    from smallnet.tables import load_data, write_dataset

    target = Path(arguments.output or arguments.name)
    dataset = load_data(arguments.name)
    write_dataset(dataset, target)
    print(target)
    return DONE


def _score(arguments: argparse.Namespace) -> int:
    from smallnet.report import write_csv
    from smallnet.study import score_dataset

    table = score_dataset(arguments.dir, dict(arguments.set))
    write_csv(table, Path(arguments.output))
    print(arguments.output)
    return DONE


def _report(arguments: argparse.Namespace) -> int:
    from smallnet.report import build_page

    print(build_page(Path(arguments.out), lang=arguments.lang))
    return DONE


def _across(arguments: argparse.Namespace) -> int:
    from smallnet.report import write_across

    claims = write_across(
        arguments.out,
        arguments.output,
        same_people=arguments.same_people,
        lang=arguments.lang,
    )
    for found in claims:
        if found.state != "nobody":
            print(f"{found.id:4} {found.verdict:13} {found.reason.get(arguments.lang)}")
    print(f"page: {Path(arguments.output) / 'across.html'}")
    return DONE


def _simulate(arguments: argparse.Namespace) -> int:
    import numpy as np

    from smallnet.simulations import describe_scenarios, find_scenario

    if arguments.list or arguments.scenario is None:
        for name, words in describe_scenarios().items():
            print(f"{name:22} {words}")
        return DONE if arguments.list else WRONG_USAGE
    platform = find_scenario(arguments.scenario)
    if arguments.output is None:
        return _fail("simulate needs -o DIR, a folder for the tables", WRONG_USAGE)
    world = platform.generate(rng=np.random.default_rng(arguments.seed))
    world.write(Path(arguments.output))
    print(arguments.output)
    return DONE


def _spread(arguments: argparse.Namespace) -> int:
    from smallnet.spreading import run_spread

    try:
        _, answer = run_spread(
            arguments.dir,
            arguments.output,
            model=arguments.model,
            parameters=_parameters(arguments),
            layer=arguments.layer,
            seed_people=_names(arguments.seed_people),
            replicates=arguments.replicates,
            random_seed=arguments.seed,
            jobs=arguments.jobs,
            lang=arguments.lang,
            progress=True,
        )
    except KeyboardInterrupt:
        words = "interrupted; the same command goes on from the replicates that are done"
        return _fail(words, INTERRUPTED)
    for name in ("final_size", "groups_reached"):
        part = answer[name]
        if part is not None:
            print(f"{name.replace('_', ' '):15} {_mean_text(part)}")
    print(f"written: {Path(arguments.output) / 'spread.json'}, figures, tables")
    return DONE


def _mean_text(part: Mapping[str, float | None]) -> str:
    """Mean with its interval; one run alone has none."""
    mean, low, high = (part[name] for name in ("mean", "ci_low", "ci_high"))
    if low is None or high is None or low != low:
        return f"{mean:,.1f} [–, –]"
    return f"{mean:,.1f} [{low:,.1f}, {high:,.1f}]"


def _seeds(arguments: argparse.Namespace) -> int:
    from smallnet.simulations.seeding import Costs
    from smallnet.spreading import run_seeds

    costs = Costs(per_person=arguments.cost_per_person, per_group=arguments.cost_per_group)
    with _progress() as progress:
        _, answer = run_seeds(
            arguments.dir,
            arguments.output,
            budget=arguments.budget,
            model=arguments.model,
            parameters=_parameters(arguments),
            layer=arguments.layer,
            strategies=_names(arguments.strategies) if arguments.strategies else None,
            costs=costs,
            replicates=arguments.replicates,
            random_seed=arguments.seed,
            jobs=arguments.jobs,
            lang=arguments.lang,
            progress=progress,
        )
    print(f"{'strategy':22} {'people':>7} {'groups':>7}  spread, people          bound")
    for row in answer["strategies"]:
        part, bound = row["spread"], row["bound"]
        words = _mean_text(part)
        entered, told = len(row["groups_entered"]), len(row["seed_people"])
        sure = "–" if bound is None else f"{bound:.2f}"
        print(f"{row['name']:22} {told:7,} {entered:7,}  {words:23} {sure}")
    if any(row["bound"] is not None for row in answer["strategies"]):
        print(
            "bound: at least this share of the best possible spread, for certain (1 in 100 wrong)"
        )
    print(f"written: {Path(arguments.output) / 'seeds.json'}, a figure, a table")
    return DONE


def _parameters(arguments: argparse.Namespace) -> dict[str, object]:
    given: dict[str, object] = dict(arguments.set)
    if arguments.probability is not None:
        given["probability"] = arguments.probability
    return given


def _calibrate(arguments: argparse.Namespace) -> int:
    from smallnet.hypotheses.calibration import CALIBRATION_FILE, calibrate

    with _progress() as progress:
        answer = calibrate(
            arguments.claim, arguments.output, progress=progress, **_trials(arguments)
        )
    for name in ("false_positive_rate", "coverage"):
        print(f"{name.replace('_', ' '):20} {_rate_text(answer[name])}")
    gap, bias = answer["bias_interval"], answer["bias"]
    shown = "–" if bias is None else f"{bias:+.3f}"
    if gap["ci_low"] is not None:
        shown += f" [{gap['ci_low']:+.3f}, {gap['ci_high']:+.3f}]"
    print(f"{'bias':20} {shown}{', of logarithms' if gap['scale'] == 'log' else ''}")
    _print_power(answer["power"])
    counts = ", ".join(f"{number} {verdict}" for verdict, number in answer["verdicts"].items())
    print(f"{answer['worlds_in_all']} worlds: {counts}")
    print(f"written: {Path(arguments.output) / CALIBRATION_FILE}")
    return DONE


def _power(arguments: argparse.Namespace) -> int:
    from smallnet.hypotheses.calibration import plan_study

    with _progress() as progress:
        answer = plan_study(
            arguments.claim, arguments.output, progress=progress, **_trials(arguments)
        )
    _print_power(answer["power"])
    for effect, entry in answer["enough"].items():
        if entry is None:
            print(f"effect {effect}: no size that was tried has power .8")
        else:
            print(
                f"effect {effect}: {entry['groups']} groups and {entry['people']} people are enough"
            )
    return DONE


def _trials(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "worlds": arguments.worlds,
        "random_seed": arguments.seed,
        "jobs": arguments.jobs,
        "settings": dict(arguments.set),
        "effects": arguments.effect,
        "groups": arguments.groups,
        "people": arguments.people,
    }


def _print_power(entries: "Sequence[dict[str, Any]]") -> None:
    print(f"{'effect':>8} {'groups':>7} {'people':>7}  power                coverage")
    for row in entries:
        print(
            f"{row['effect']:8g} {row['groups']:7,} {row['people']:7,}  "
            f"{_rate_text(row):20} {_rate_text(row['coverage'])}"
        )


def _rate_text(rate: "dict[str, Any]") -> str:
    if rate["estimate"] is None:
        return "–"
    return f"{rate['estimate']:.3f} [{rate['ci_low']:.3f}, {rate['ci_high']:.3f}]"


def _explain(arguments: argparse.Namespace) -> int:
    from smallnet.hypotheses.register import explain

    print(explain(arguments.claim, arguments.lang))
    return DONE
