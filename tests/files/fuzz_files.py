"""Damaged and hostile files, by the thousand: `python tests/files/fuzz_files.py --inputs 1000`.

Good files of every format are damaged at random (bits, bytes, lengths, numbers that claim too much, pieces left out,
doubled or taken from another file; of archives also the members, so that check sums hold) and read in a process of its
own, which has little memory and little time. Allowed are an answer and a `LinmemError`. Anything else is a failure:
another exception, a crash, more memory or time than the file can justify, a file opened for writing, a process started.
"""

import argparse
import io
import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import zipfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np

SAMPLES = Path(__file__).parent / "samples"
FRAMEWORKS = Path(__file__).parent / "frameworks"
# files of frameworks beside the samples: each has something that the others do not have
TRAINED = {
    "torch": [
        "whole_model.pt",
        "checkpoint_numpy_scalars.pt",
        "quantised.pt",
        "view_conjugated.pt",
        "view_expanded.pt",
        "rnn_float8_e4m3fn.pt",
        "model_legacy.pth",
        "lightning.ckpt",
        "pytorch_model.bin",
        "rnn_bfloat16.safetensors",
        "rnn_float8_e5m2.safetensors",
        "complex64.safetensors",
    ],
    "keras": ["stacked_cells.keras", "own_cell.keras", "bfloat16.keras", "trained.h5", "bfloat16.weights.h5"],
    "flax": ["linen_train_state.msgpack", "linen_bfloat16.msgpack", "nnx_gru.msgpack"],
    "onnx": ["gru_old.onnx", "gru_2_layers_new.onnx", "gru_relu.onnx"],
}
MEMORY = 3 * 2**30  # of addresses; the libraries alone map about one
SECONDS = 5
MATRICES = 3  # of a file that are read one by one
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "ctypes.dlopen", "socket.connect")
HUGE = [2**31 - 1, 2**31, 2**32 - 1, 2**40, 10**12, 2**62, 2**63 - 1, 2**64 - 1, 0]


def good_files(folder: Path) -> dict[str, list[bytes]]:
    """Files of every format, by their extension."""
    import h5py
    import networkx
    import safetensors.numpy
    import scipy.io
    import scipy.sparse as sparse

    rng = np.random.default_rng(0)
    W, V = rng.standard_normal((5, 5)), rng.standard_normal((5, 2))
    written: dict[str, list[bytes]] = {}

    def made(ending, write):
        path = folder / f"good{ending}"
        write(path)
        written.setdefault(ending, []).append(path.read_bytes())

    made(".npy", lambda path: np.save(path, W))
    made(".npy", lambda path: np.save(path, np.asfortranarray(W.astype(">f4"))))
    made(".npz", lambda path: np.savez(path, W=W, V=V))
    made(".npz", lambda path: np.savez_compressed(path, W=W, V=V))
    made(".mat", lambda path: scipy.io.savemat(path, {"W": W, "V": V}))
    made(".mat", lambda path: scipy.io.savemat(path, {"W": sparse.csc_array(W), "V": V}, do_compression=True))
    made(".mat", lambda path: scipy.io.savemat(path, {"W": W}, format="4"))
    made(".csv", lambda path: np.savetxt(path, W, delimiter=","))
    made(".csv", lambda path: path.write_text("unit,a,b\na,1,2\nb,3,-4e-1\n"))
    made(".tsv", lambda path: np.savetxt(path, W, delimiter="\t"))
    made(".txt", lambda path: np.savetxt(path, W))
    made(".mtx", lambda path: scipy.io.mmwrite(path, sparse.coo_array(W)))
    made(".mtx", lambda path: scipy.io.mmwrite(path, W))
    made(".safetensors", lambda path: safetensors.numpy.save_file({"weight_hh_l0": W, "weight_ih_l0": V}, path))

    def hdf5(path):
        with h5py.File(path, "w") as file:
            file["rnn/W"] = W
            file.create_dataset("rnn/V", data=V, chunks=(2, 2), compression="gzip")

    made(".h5", hdf5)
    graph = networkx.gnp_random_graph(6, 0.5, seed=0, directed=True)
    for i, edge in enumerate(graph.edges):
        graph.edges[edge]["weight"] = i / 2
    made(".graphml", lambda path: networkx.write_graphml(graph, path))
    made(".edgelist", lambda path: networkx.write_weighted_edgelist(graph, path))
    made(".gml", lambda path: networkx.write_gml(graph, path))
    made(".json", lambda path: path.write_text(json.dumps(networkx.node_link_data(graph, edges="links"))))
    _made_tables(made, W)
    _made_connectomes(made, W)
    for path in sorted(SAMPLES.iterdir()):
        if path.suffix != ".py":
            ending = ".pth.tar" if path.name.endswith(".pth.tar") else path.suffix
            written.setdefault(ending, []).append(path.read_bytes())
    for path in (FRAMEWORKS / folder / name for folder, names in TRAINED.items() for name in names):
        written.setdefault(path.suffix, []).append(path.read_bytes())
    made(".msgpack", lambda path: path.write_bytes(_chunked(W)))
    made(".onnx", lambda path: path.write_bytes(_onnx_with_subgraphs(W)))
    safetensors.numpy.save_file({"weight_hh_l0": W}, folder / "shard.safetensors")
    index = {"weight_map": {"weight_hh_l0": "shard.safetensors", "weight_ih_l0": "shard-2.safetensors"}}
    made(".index.json", lambda path: path.write_text(json.dumps(index)))
    return written


def _made_tables(made, W) -> None:
    """Tables of edges, sparse matrices, and values inside of structs and cells."""
    import scipy.io
    import scipy.sparse as sparse

    made(".csv", lambda path: path.write_text("pre;post;type;weight;delay\n1;2;a;0,5;3\n2;3;b;0,25;4\n3;1;a;1,5;x\n"))
    made(
        ".csv",
        lambda path: path.write_bytes("Source,Target,Type,Weight\na,b,Undirected,1\nb,c,Directed,2\n".encode("utf-16")),
    )
    made(".tsv", lambda path: path.write_text("node1\tnode2\tweight\n1\t2\t3\n2\t3\t4\n"))
    made(".txt", lambda path: path.write_text('"V1" "V2"\n"1" 0.5 0.25\n"2" 0 1\n'))
    made(".edgelist", lambda path: path.write_text("source,target\na,b\nb,c\n"))
    blocks = np.kron(W > 0, np.ones((2, 2)))
    for kind in ("csr", "csc", "coo", "bsr", "dia"):
        stored = getattr(sparse, f"{kind}_array")(blocks)
        made(".npz", lambda path, stored=stored: sparse.save_npz(path, stored, compressed=False))
    cells = np.empty((1, 2), dtype=object)
    cells[0, :] = [W, sparse.csc_array(W)]
    variables = {"net": {"W": W, "in": {"V": W[:2]}}, "C": cells}
    for compressed in (False, True):
        made(".mat", lambda path, c=compressed: scipy.io.savemat(path, variables, do_compression=c))
    octave = FRAMEWORKS / "octave"
    for ending, name in (
        (".mat", "text.mat"),
        (".txt", "text.mat"),
        (".mat", "v7.mat"),
        (".mat", "octave.h5"),
        (".h5", "octave.h5"),
    ):
        made(ending, lambda path, name=name: path.write_bytes((octave / name).read_bytes()))


def _made_connectomes(made, W) -> None:
    """Edges of SONATA, connectivities of The Virtual Brain, and compressed files."""
    import bz2
    import gzip
    import lzma

    import h5py

    def sonata(path):
        with h5py.File(path, "w") as file:
            group = file.create_group("edges/v1")
            for name, values in {"source_node_id": [0, 1, 2], "target_node_id": [1, 2, 0]}.items():
                group[name] = np.array(values, "u8")
            group["edge_group_id"], group["edge_group_index"] = [0, 0, 0], [2, 1, 0]
            group["0/syn_weight"] = [1.0, 2.0, 3.0]

    def tvb(path):
        with zipfile.ZipFile(path, "w") as archive:
            rows = "\n".join(" ".join(map(str, row)) for row in W)
            archive.writestr("weights.txt", rows)
            archive.writestr("tract_lengths.txt.bz2", bz2.compress(rows.encode()))
            archive.writestr("centres.txt", "".join(f"r{i} 0 0 0\n" for i in range(len(W))))

    made(".h5", sonata)
    made(".zip", tvb)
    table = "\n".join(",".join(map(str, row)) for row in W).encode()
    for ending, pack in ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)):
        made(f".csv{ending}", lambda path, pack=pack: path.write_bytes(pack(table)))

    def archive_of_one(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/net.csv", table)

    made(".zip", archive_of_one)


def _chunked(array) -> bytes:
    """An array in chunks, as flax writes large ones."""
    import msgpack

    parts = [(part.shape, part.dtype.name.encode(), part.tobytes()) for part in np.split(array.ravel(), [9])]
    chunks = {str(i): msgpack.ExtType(1, msgpack.packb(part)) for i, part in enumerate(parts)}
    shape = {str(i): n for i, n in enumerate(array.shape)}
    return msgpack.packb({"W": {"__msgpack_chunked_array__": True, "shape": shape, "chunks": chunks}})


def _onnx_with_subgraphs(array) -> bytes:
    """Weights in every form, which the graph joins before an operator inside another graph takes them."""
    from onnx import TensorProto, helper, numpy_helper

    typed = helper.make_tensor("upper", TensorProto.FLOAT, (2, 5), array[:2].astype("f4"))
    stored = [
        typed,
        numpy_helper.from_array(array[2:].astype("f4"), "lower"),
        numpy_helper.from_array(np.array([0]), "0"),
    ]
    nodes = [
        helper.make_node("Concat", ["upper", "lower"], ["joined"], axis=0),
        helper.make_node("Unsqueeze", ["joined", "0"], ["R"]),
    ]
    operator = helper.make_node("RNN", ["x", "R", "R"], ["y"], "rnn", activations=["Relu"], clip=1.0)
    inner = helper.make_graph([operator], "inner", [], [])
    nodes.append(helper.make_node("If", ["c"], ["z"], then_branch=inner, else_branch=inner))
    return helper.make_model(helper.make_graph(nodes, "graph", [], [], stored)).SerializeToString()


def damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """The same file with something wrong in it; of archives, mostly inside a member."""
    if data[:4] == b"PK\x03\x04" and rng.random() < 0.7:
        try:
            return _with_damaged_member(data, rng)
        except (zipfile.BadZipFile, NotImplementedError):
            pass
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        data = rng.choice(DAMAGES)(data, others, rng)
    return data


def _with_damaged_member(data, rng) -> bytes:
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(result, "w") as target:
        names = source.namelist()
        chosen = rng.choice(names)
        for name in names:
            member = source.read(name)
            if name == chosen:
                member = rng.choice(DAMAGES)(member, [source.read(rng.choice(names))], rng)
            target.writestr(name, member)
    return result.getvalue()


def _at(data, rng, length=0) -> int:
    """A position in a file; those in its header are more frequent."""
    last = max(len(data) - length, 0)
    return rng.randint(0, min(last, 256) if rng.random() < 0.5 else last)


def _flip(data, others, rng):
    position, changed = _at(data, rng, 1), bytearray(data or b"\0")
    changed[position] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _byte(data, others, rng):
    position = _at(data, rng, 1)
    return data[:position] + bytes([rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])]) + data[position + 1 :]


def _number(data, others, rng):
    """The same bytes with a large binary number in them."""
    width, order = rng.choice([4, 8]), rng.choice(["little", "big"])
    position = _at(data, rng, width)
    return data[:position] + (rng.choice(HUGE) % 2 ** (8 * width)).to_bytes(width, order) + data[position + width :]


def _digits(data, others, rng):
    """The same text with some digits replaced by a large decimal number, or by none."""
    places = [i for i, byte in enumerate(data[:4096]) if 48 <= byte <= 57]
    if not places:
        return _flip(data, others, rng)
    position = rng.choice(places)
    text = rng.choice([b"1000000000000", b"99999999999999999999", b"-1", b"1e999", b"nan", b"", b"0"])
    return data[:position] + text + data[position + 1 :]


def _cut(data, others, rng):
    return data[: _at(data, rng)]


def _without(data, others, rng):
    position = _at(data, rng)
    return data[:position] + data[position + rng.choice([1, 2, 8, 64]) :]


def _doubled(data, others, rng):
    position, length = _at(data, rng), rng.choice([1, 8, 64, 1024])
    return data[: position + length] + data[position:]


def _spliced(data, others, rng):
    other = rng.choice(others)
    return data[: _at(data, rng)] + other[_at(other, rng) :]


DAMAGES = [_flip, _flip, _byte, _number, _number, _digits, _cut, _without, _doubled, _spliced]


def _read_all(jobs, results, good) -> None:
    """The reading process, which reports whatever it does besides reading after all libraries are loaded."""
    import linmem as lm

    for path in good:
        lm.describe_file(path)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seen = []

    def audit(event, arguments):
        writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        # compressed files are unpacked into folders of this name
        if writes and str(arguments[0]).startswith(str(Path(tempfile.gettempdir()) / "linmem-")):
            return
        if writes or event in FORBIDDEN:
            seen.append(f"{event} {arguments!r:.80}")

    sys.addaudithook(audit)
    signal.signal(signal.SIGALRM, _too_late)
    for path in iter(jobs.get, None):
        seen.clear()
        outcome = "read"
        signal.alarm(SECONDS)
        try:
            found = lm.describe_file(path)
            for array in found.arrays[:MATRICES]:
                with suppress(lm.LinmemError):
                    lm.load_matrix(path, array.name)
            lm.load_network(path)
        except lm.LinmemError:
            outcome = "refused"
        except BaseException as error:
            outcome = f"{type(error).__name__}: {error!s:.200}"
        finally:
            signal.alarm(0)
        results.put(f"did {seen[0]}" if seen else outcome)


def _too_late(*_):
    raise TimeoutError(f"more than {SECONDS} s")


def fuzz(inputs: int, seed: int = 0, endings=None, keep: Path | None = None) -> tuple[dict[str, Counter], list[str]]:
    """Read `inputs` damaged files of each format; return the counts of outcomes, and a line for each failure."""
    context = multiprocessing.get_context("fork" if "linmem" in sys.modules else "spawn")
    counts: dict[str, Counter] = {}
    failures = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        good = good_files(folder)
        undamaged = sorted(str(path) for path in folder.iterdir())
        jobs, results, worker = _started(context, undamaged)
        for ending, files in good.items():
            if endings and ending not in endings:
                continue
            rng, counts[ending] = random.Random(f"{seed} {ending}"), Counter()
            for number in range(inputs):
                data = damaged(rng.choice(files), files, rng)
                path = folder / f"damaged{ending}"
                path.write_bytes(data)
                jobs.put(str(path))
                outcome = _answer(results, worker)
                if outcome is None:
                    outcome = f"crashed with exit code {worker.exitcode}"
                    jobs, results, worker = _started(context, undamaged)
                if outcome in ("read", "refused"):
                    counts[ending][outcome] += 1
                else:
                    counts[ending]["failed"] += 1
                    failures.append(f"{ending} {number}: {outcome}")
                    if keep is not None:
                        (keep / f"failure-{number}{ending}").write_bytes(data)
        jobs.put(None)
        worker.join()
    return counts, failures


def _started(context, good):
    jobs, results = context.Queue(), context.Queue()
    worker = context.Process(target=_read_all, args=(jobs, results, good), daemon=True)
    worker.start()
    return jobs, results, worker


def _answer(results, worker):
    """The answer of the process; None if it died, or hangs in a library that no alarm can interrupt."""
    import queue

    for _ in range(SECONDS + 60):
        try:
            return results.get(timeout=1)
        except queue.Empty:
            if not worker.is_alive():
                return None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=1000, help="of each format")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--endings", nargs="*")
    parser.add_argument("--keep", type=Path, help="a folder for what failed")
    chosen = parser.parse_args()
    counts, failures = fuzz(chosen.inputs, chosen.seed, chosen.endings, chosen.keep)
    for ending, found in counts.items():
        print(f"{ending:<14}{sum(found.values()):>8} inputs  {found['read']:>7} read  {found['refused']:>7} refused  "
              f"{found['failed']:>4} failed")  # fmt: skip
    print(*failures[:50], sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
