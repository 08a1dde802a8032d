"""Compressed files and archives with one file inside, connectivities of The Virtual Brain, and edges of SONATA."""

import bz2
import gc
import gzip
import lzma
import tempfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

import linmem as lm
from linmem.files.readers import packed

W = np.array([[0.5, 0.25, 0.125], [0, -0.5, 1], [0.75, 0, 0]])
TABLE = b"a,b,c\n0.5,0.25,0.125\n0,-0.5,1\n0.75,0,0\n"


def zipped(path, compression=zipfile.ZIP_DEFLATED, **members):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def written(path, content):
    ending = path.suffix
    if ending == ".zip":
        return zipped(
            path, **{"__MACOSX/._net.csv": b"x", "folder/": b"", f"folder/{path.stem}": content, "README": b"x"}
        )
    path.write_bytes({".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}[ending](content))
    return path


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zip"])
def test_a_compressed_file_is_read_by_the_name_inside(ending, tmp_path):
    net = lm.load_network(written(tmp_path / f"net.csv.{ending}", TABLE))
    assert np.array_equal(net.recurrent, W)
    assert net.labels == ("a", "b", "c")
    scipy.io.savemat(tmp_path / "net.mat", {"W": W})
    path = written(tmp_path / f"net.mat.{ending}", (tmp_path / "net.mat").read_bytes())
    assert np.array_equal(lm.load_network(path).recurrent, W)


def folders():
    return set(Path(tempfile.gettempdir()).glob("linmem-*"))


def test_what_was_unpacked_is_removed_with_its_last_array(tmp_path):
    scipy.io.savemat(tmp_path / "net.mat", {"W": W})
    path = written(tmp_path / "net.mat.gz", (tmp_path / "net.mat").read_bytes())
    before = folders()
    description = lm.describe_file(path)
    array = next(iter(description.arrays))
    assert len(folders() - before) == 1
    del description
    assert np.array_equal(array.read(), W)
    del array
    gc.collect()
    assert folders() == before
    broken = written(tmp_path / "a.csv.gz", b"a,b\n1,x\n")
    with pytest.raises(lm.FileError, match="'x', which is not a number"):
        lm.load_network(broken)
    gc.collect()
    assert folders() == before


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zip"])
def test_a_small_file_that_unpacks_to_a_large_one_is_refused(ending, tmp_path, monkeypatch):
    monkeypatch.setattr(packed, "SMALL", 1000)
    path = written(tmp_path / f"net.csv.{ending}", b"0," * 10**6)
    with pytest.raises(lm.FileError, match="unpacks to more than"):
        lm.load_network(path)


REFUSED = {
    "a.gz": (gzip.compress(TABLE), "its name does not say what is inside; name it as net.csv.gz"),
    "a.exe.gz": (gzip.compress(TABLE), "its name does not say what is inside"),
    "b.csv.gz": (gzip.compress(TABLE)[:-9], "cannot be read as .gz"),
    "c.csv.xz": (lzma.compress(TABLE)[:-30], "it ends early"),
    "d.csv.bz2": (b"BZh9", "cannot be read as .bz2"),
    "e.csv": (gzip.compress(TABLE), "begins like a file of type .gz"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_compressed_files_are_refused(name, tmp_path):
    content, message = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(lm.FileError, match=message):
        lm.load_network(tmp_path / name)


def test_archives_without_one_file_are_refused(tmp_path):
    with pytest.raises(lm.FileError, match=r"holds 2 readable files, and one is read; it holds: a\.csv, b\.csv"):
        lm.load_network(zipped(tmp_path / "a.zip", **{"a.csv": TABLE, "b.csv": TABLE}))
    with pytest.raises(lm.FileError, match=r"holds 0 readable files, .* it holds: README"):
        lm.load_network(zipped(tmp_path / "b.zip", README=b"x"))
    with pytest.raises(lm.FileError, match="compressed otherwise"):
        lm.load_network(zipped(tmp_path / "c.zip", zipfile.ZIP_LZMA, **{"a.csv": TABLE}))
    outside = zipped(tmp_path / "d.zip", **{"../../outside.csv": TABLE})
    assert np.array_equal(lm.load_network(outside).recurrent, W)
    assert not (tmp_path.parent / "outside.csv").exists()


# --- The Virtual Brain ---

CENTRES = b"rA 1.0 2.0 3.0\nrB 1.5 2.5 3.5\nlA 0.0 0.0 0.0\n"


def tvb(path, pack=lambda content: content, ending="", folder="", centres=("centres.txt", CENTRES), lengths=W):
    members = {f"{folder}{centres[0]}{ending}": pack(centres[1])}
    for name, matrix in (("weights", W), ("tract_lengths", 10 * lengths)):
        text = "\n".join(" ".join(f"{value:.18e}" for value in row) for row in matrix)
        members[f"{folder}{name}.txt{ending}"] = pack(text.encode())
    return zipped(path, **members, **{"info.txt": b"x", "hemispheres.txt": b"1\n1\n0\n"})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pack": bz2.compress, "ending": ".bz2"},
        {"folder": "connectivity_3/"},
        {"centres": ("centers.txt", CENTRES)},
    ],
)
def test_a_connectivity_of_the_virtual_brain_has_its_regions_and_orientation(options, tmp_path):
    path = tvb(tmp_path / "connectivity.zip", **options)
    net = lm.load_network(path)
    assert np.array_equal(net.recurrent, W)
    assert net.labels == ("rA", "rB", "lA")
    found = {array.name: array for array in lm.describe_file(path).arrays}
    assert list(found) == ["weights", "tract_lengths"]
    assert found["weights"].orientation == "column"
    assert np.array_equal(found["tract_lengths"].read(), 10 * W)


def test_a_connectivity_with_another_number_of_regions_is_refused(tmp_path):
    path = tvb(tmp_path / "a.zip", centres=("centres.txt", CENTRES[:20]))
    with pytest.raises(lm.FileError, match=r"weights\.txt has shape \(3, 3\), but it names 2 regions"):
        lm.load_network(path)


# --- SONATA ---


def sonata(path, *, weights=True, target="v1", **changes):
    """Three edges, 0 to 1, 1 to 2 and 0 to 1 again, with their numbers in two groups, and the index of the edges."""
    parts = {
        "source_node_id": np.array([0, 1, 0], "u8"),
        "target_node_id": np.array([1, 2, 1], "u8"),
        "edge_type_id": np.array([100, 101, 100]),
        "edge_group_id": np.array([0, 0, 1]),
        "edge_group_index": np.array([1, 0, 0]),
    } | changes
    with h5py.File(path, "w") as file:
        group = file.create_group("edges/v1_to_v1")
        for name, values in parts.items():
            group[name] = values
        group["source_node_id"].attrs["node_population"] = "v1"
        group["target_node_id"].attrs["node_population"] = target
        group["indices/source_to_target/node_id_to_ranges"] = np.zeros((3, 3), "u8")
        for key, numbers in (("0", [0.25, 0.5]), ("1", [2.0])):
            holder = group.create_group(key)
            if weights:
                holder["syn_weight"] = np.array(numbers)
    return path


def test_edges_of_sonata_lead_from_source_to_target_and_the_index_is_no_matrix(tmp_path):
    path = sonata(tmp_path / "v1_edges.h5")
    net = lm.load_network(path)
    assert net.is_sparse
    assert net.dense().tolist() == [[0, 0, 0], [2.5, 0, 0], [0, 0.25, 0]]
    assert net.labels == ("0", "1", "2")
    (array,) = lm.describe_file(path).arrays
    assert array.name == "v1_to_v1/syn_weight"
    assert array.orientation == "column"
    assert "repeated edges added up" in array.dtype


def test_weights_of_types_of_edges_are_in_a_table_beside_the_file(tmp_path):
    path = sonata(tmp_path / "v1_edges.h5", weights=False)
    assert [array.name for array in lm.describe_file(path).arrays] == ["v1_to_v1/adjacency"]
    header = "edge_type_id target_query source_query syn_weight delay model\n"
    table = header + "100 * \"pop=='a'\" 3 1.5 x\n101 * NULL 4 NULL x\n"
    (tmp_path / "v1_edge_types.csv").write_text(table)
    found = {array.name: array for array in lm.describe_file(path).arrays}
    assert found["v1_to_v1/syn_weight"].read().toarray().tolist() == [[0, 0, 0], [6, 0, 0], [0, 4, 0]]
    assert found["v1_to_v1/delay"].unreadable == "has nothing for the edge from 1 to 2"


def test_edges_between_two_populations_are_listed_with_the_reason(tmp_path):
    path = sonata(tmp_path / "a.h5", target="lgn")
    (array,) = lm.describe_file(path).arrays
    assert array.unreadable == "leads from the nodes v1 to others, lgn"


BAD = {
    "a negative node": ({"source_node_id": np.array([0, -1, 0])}, "whole numbers from 0"),
    "a huge node": ({"source_node_id": np.array([0, 2**40, 0])}, "nodes for 3 edges"),
    "other lengths": ({"target_node_id": np.array([0, 1])}, "3 sources, 2 targets"),
    "beyond the group": ({"edge_group_index": np.array([1, 7, 0])}, "an edge is beyond"),
    "fractions": ({"source_node_id": np.array([0, 1.5, 0])}, "whole numbers"),
    "groups of other edges": ({"edge_group_id": np.array([0, 0])}, "of 2 edges, but there are 3"),
}


@pytest.mark.parametrize("case", BAD)
def test_damaged_edges_of_sonata_are_refused(case, tmp_path):
    changes, message = BAD[case]
    with pytest.raises(lm.FileError, match=message):
        lm.load_network(sonata(tmp_path / "a.h5", **changes))


def test_a_dataset_that_claims_more_than_it_holds_is_not_made(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for end in ("source_node_id", "target_node_id"):
            file.create_dataset(f"edges/x/{end}", (10**12,), "u8", chunks=(1000,))
    with pytest.raises(lm.FileError, match=r"claims shape \(1000000000000,\), which its bytes do not hold"):
        lm.load_network(tmp_path / "a.h5")
