"""Replicates of any model: whoever runs them, whatever dies or stops on the way."""

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import joblib
import numpy as np
import pytest
from small_worlds import people_with, ring

from smallnet.errors import InputError
from smallnet.simulations.spreading import (
    MODELS,
    SI,
    SIR,
    SIS,
    Block,
    ComplexContagion,
    ContinuousSI,
    ContinuousSIR,
    ContinuousSIS,
    IndependentCascade,
    LinearThreshold,
    Model,
    SimplicialContagion,
    replicas,
)
from smallnet.simulations.spreading.replicas import BLOCK

ALONG_TIES = [
    IndependentCascade(probability=0.3),
    LinearThreshold(),
    SI(beta=0.3, horizon=5),
    SIR(beta=0.2, gamma=0.3),
    SIS(beta=0.2, gamma=0.3, horizon=20),
    ContinuousSI(tau=0.3, horizon=5),
    ContinuousSIR(tau=0.3, gamma=0.5),
    ContinuousSIS(tau=0.3, gamma=0.5, horizon=10),
    ComplexContagion(threshold=2),
    SimplicialContagion(beta=0.1, beta_delta=0.2, mu=0.2, horizon=20),
]
STRENGTHS = (1.0, 0.5, 2.0)
TIES = [(a, b, STRENGTHS[(a + b) % 3]) for a, b in ring(60, 6)]
NAMES = [model.name for model in ALONG_TIES]


def same(a: Block, b: Block) -> bool:
    return all(
        np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(Block)
    )


def ready(model: Model):
    population = people_with(TIES)
    return model.prepare(population, population.seeds(["0", "1", "30"]))


def fresh() -> np.random.Generator:
    return np.random.default_rng(8)


@pytest.mark.parametrize("model", ALONG_TIES, ids=NAMES)
def test_one_thread_and_two_give_the_same_whatever_the_block(model):
    kernel = ready(model)
    alone = replicas(kernel, 150, rng=fresh(), jobs=1)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        two = replicas(kernel, 150, rng=fresh())
    one_by_one = replicas(kernel, 70, rng=fresh())
    assert same(alone, two)
    assert (alone.final_sizes[:70] == one_by_one.final_sizes).all()


@pytest.mark.parametrize("model", ALONG_TIES, ids=NAMES)
def test_the_trace_is_the_first_replicate(model):
    population = people_with(TIES)
    trace = model.trace(population, ["0", "1", "30"], rng=fresh())
    spread = model.simulate(population, ["0", "1", "30"], rng=fresh(), replicates=1)
    assert len(trace.person) == len(set(trace.person)) == spread.final_sizes[0]
    assert (np.diff(trace.time) >= 0).all()
    assert trace.person[:3].tolist() == [0, 1, 30]
    inside = trace.source >= 0
    matrix = population.network.adjacency.toarray()
    assert (matrix[trace.source[inside], trace.person[inside]] > 0).all()


@pytest.mark.parametrize("model", ALONG_TIES, ids=NAMES)
def test_every_model_has_its_name_on_the_command_line(model):
    assert MODELS[model.name] is type(model)


def test_processes_give_the_same_as_one():
    kernels = [ready(model) for model in ALONG_TIES]
    for kernel in kernels:
        alone = replicas(kernel, 130, rng=fresh(), jobs=1)
        assert same(alone, replicas(kernel, 130, rng=fresh(), jobs=2))


SCRIPT = """
    import os, signal, sys
    from dataclasses import dataclass
    from pathlib import Path
    import numpy as np
    sys.path.insert(0, {here!r})
    from small_worlds import people_with, ring
    from smallnet.simulations.spreading import SIR, replicas

    @dataclass(frozen=True)
    class Dies:
        '''Runs a kernel; the first process to run anything is killed first.'''
        kernel: object
        sign: str

        def run(self, keys):
            try:
                os.close(os.open(self.sign, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return self.kernel.run(keys)
            os.kill(os.getpid(), signal.SIGKILL)

    population = people_with(ring(60, 6))
    kernel = SIR(beta=0.2, gamma=0.3).prepare(population, population.seeds(["0"]))
    dies = Dies(kernel, sys.argv[1])
    block = replicas(dies, 600, rng=np.random.default_rng(8), jobs=2)
    assert Path(sys.argv[1]).exists()
    print(block.final_sizes.tolist())
"""


def test_the_answer_survives_a_killed_worker(tmp_path):
    script = textwrap.dedent(SCRIPT.format(here=str(Path(__file__).parent)))
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "died")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    population = people_with(ring(60, 6))
    kernel = SIR(beta=0.2, gamma=0.3).prepare(population, population.seeds(["0"]))
    expected = replicas(kernel, 600, rng=fresh(), jobs=1).final_sizes.tolist()
    assert done.stdout.strip() == str(expected)


@dataclasses.dataclass(frozen=True)
class Counts:
    """A kernel that notes each block it runs, and is stopped after some."""

    kernel: object
    ran: list = dataclasses.field(default_factory=list, compare=False)
    stops_after: list = dataclasses.field(default_factory=list, compare=False)

    def __getstate__(self):  # what its digest sees: the kernel alone
        return {"kernel": self.kernel}

    def run(self, keys):
        if self.stops_after and len(self.ran) >= self.stops_after[0]:
            raise KeyboardInterrupt
        self.ran.append(len(keys))
        return self.kernel.run(keys)


def test_an_interrupted_run_goes_on_from_the_disk_and_runs_only_what_is_missing(tmp_path):
    kernel, n, blocks = ready(ContinuousSIR(tau=0.3, gamma=0.5)), 6 * BLOCK - 10, 6
    whole = replicas(kernel, n, rng=fresh())
    first = Counts(kernel, stops_after=[2])
    with pytest.raises(KeyboardInterrupt):
        replicas(first, n, rng=fresh(), checkpoint=tmp_path / "run")
    assert len(first.ran) == 2
    second = Counts(kernel)
    assert same(whole, replicas(second, n, rng=fresh(), checkpoint=tmp_path / "run"))
    assert len(second.ran) == blocks - 2
    third = Counts(kernel)
    assert same(whole, replicas(third, n, rng=fresh(), checkpoint=tmp_path / "run"))
    assert third.ran == []


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    kernel = ready(SIR(beta=0.2, gamma=0.3))
    replicas(kernel, 10, rng=fresh(), checkpoint=tmp_path / "run")
    for other, n, rng in (
        (ready(SIR(beta=0.2, gamma=0.4)), 10, fresh()),
        (kernel, 11, fresh()),
        (kernel, 10, np.random.default_rng(9)),
    ):
        with pytest.raises(InputError, match="another run"):
            replicas(other, n, rng=rng, checkpoint=tmp_path / "run")


def test_a_process_that_is_interrupted_leaves_whole_blocks(tmp_path):
    script = textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import numpy as np
        from small_worlds import people_with, ring
        from smallnet.simulations.spreading import SIR, replicas
        population = people_with(ring(60, 6))
        kernel = SIR(beta=0.2, gamma=0.3).prepare(population, population.seeds(["0"]))
        replicas(kernel, 10**6, rng=np.random.default_rng(8), checkpoint=sys.argv[1])
    """)
    folder = tmp_path / "run"
    running = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stderr=subprocess.PIPE, text=True
    )
    while len(list(folder.glob("block-*.npz"))) < 3:
        assert running.poll() is None, running.stderr.read()
    os.kill(running.pid, signal.SIGINT)
    assert running.wait() != 0
    running.stderr.close()
    for path in folder.glob("block-*.npz"):
        with np.load(path) as held:
            assert len(held["final_sizes"]) == BLOCK
