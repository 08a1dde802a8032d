"""Tables as text: what separates the cells, names of units, missing values, and tables of edges."""

import numpy as np
import pytest

import linmem as lm

W = np.array([[0.5, 0.25, 0.125], [0, -0.5, 1], [0.75, 0, 0]])
ROWS = [["0.5", "0.25", "0.125"], ["0", "-0.5", "1"], ["0.75", "0", "0"]]


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def lines(mark, rows=ROWS):
    return "".join(mark.join(row) + "\n" for row in rows)


def with_names(mark, header, names, rows=ROWS, quote=""):
    body = [[f"{quote}{name}{quote}", *row] for name, row in zip(names, rows, strict=True)]
    return mark.join(f"{quote}{name}{quote}" for name in header) + "\n" + lines(mark, body)


COMMA = [[cell.replace(".", ",") for cell in row] for row in ROWS]
MATRICES = {  # text, encoding, labels
    "commas": (lines(","), "utf-8", ()),
    "semicolons": (lines(";"), "utf-8", ()),
    "tabs": (lines("\t"), "utf-8", ()),
    "spaces": (lines("   "), "utf-8", ()),
    "spaces around commas": (lines(" , "), "utf-8", ()),
    "a mark of UTF-8": (lines(","), "utf-8-sig", ()),
    "UTF-16, as spreadsheets write Unicode text": (lines("\t"), "utf-16", ()),
    "line ends of Windows": (lines(";").replace("\n", "\r\n"), "utf-8", ()),
    "a stated separator": ("sep=;\n" + lines(";"), "utf-8", ()),
    "decimal commas": (lines(";", COMMA), "utf-8", ()),
    "decimal commas and names": (with_names(";", ["", "a", "b", "c"], "abc", COMMA), "utf-8", ("a", "b", "c")),
    "decimal commas and tabs": (lines("\t", COMMA), "utf-8-sig", ()),
    "write.csv of R": (
        with_names(",", ["", "V1", "V2", "V3"], "123", quote='"').replace('"0', "0"),
        "utf-8",
        ("V1", "V2", "V3"),
    ),
    "write.table of R": (
        '"V1" "V2" "V3"\n"1" 0.5 0.25 0.125\n"2" 0 -0.5 1\n"3" 0.75 0 0\n',
        "utf-8",
        ("V1", "V2", "V3"),
    ),
    "names of rows in R": (
        '"","V1","V2","V3"\n"a b",0.5,0.25,0.125\n"c",0,-0.5,1\n"d",0.75,0,0\n',
        "utf-8",
        ("a b", "c", "d"),
    ),
    "names of columns in R": (
        '"","x","y","z"\n"1",0.5,0.25,0.125\n"2",0,-0.5,1\n"3",0.75,0,0\n',
        "utf-8",
        ("x", "y", "z"),
    ),
    "to_csv of pandas": (with_names(",", ["", "0", "1", "2"], "012"), "utf-8", ("0", "1", "2")),
    "to_csv of pandas with names of columns": (with_names(",", ["", "x", "y", "z"], "012"), "utf-8", ("x", "y", "z")),
    "codes": (with_names("\t", ["", "1001", "35", "7"], ["1001", "35", "7"]), "utf-8", ("1001", "35", "7")),
    "codes under a word": (with_names(",", ["region", "11", "35", "7"], ["11", "35", "7"]), "utf-8", ("11", "35", "7")),
    "numbered under a word": (with_names(",", ["id", "x", "y", "z"], "123"), "utf-8", ("x", "y", "z")),
    "quoted names with spaces": ('"left a" "b" "c"\n' + lines(" "), "utf-8", ("left a", "b", "c")),
    "quoted numbers as names": ('"4","5","9"\n' + lines(","), "utf-8", ("4", "5", "9")),
}  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "tsv", "txt"])
@pytest.mark.parametrize("case", MATRICES)
def test_the_content_says_how_a_table_is_written(case, ending, tmp_path):
    text, encoding, labels = MATRICES[case]
    net = lm.load_network(written(tmp_path / f"a.{ending}", text, encoding))
    assert np.array_equal(net.recurrent, W)
    assert net.labels == labels


REFUSED = {
    "a missing value in the first row": ("0.1,NA\n0.3,0.4\n", "row 0, column 1 holds 'NA', which is a missing value"),
    "an empty cell in the first row": ("0.1,\n0.3,0.4\n", "row 0, column 1 holds ''"),
    "a missing value first": ("NA,0.1\n0.3,0.4\n", "row 0, column 0 holds 'NA'"),
    "a missing value below a header": ("a,b\n0.1,0.2\nNA,0.4\n", "row 1, column 0 holds 'NA'"),
    "a missing value below a header in the first row": ("a,b\nNA,0.2\n0.3,0.4\n", "row 0, column 0 holds 'NA'"),
    "a missing value beside names": (",a,b\na,0.1,\nb,0.3,0.4\n", "row 0, column 1 holds ''"),
    "a word in the first row": ("0.1,x,3\n4,5,6\n7,8,9\n", "row 0, column 1 holds 'x', which is not a number"),
    "a long row": ("1,2\n3,4,5\n", "row 1 has 3 cells, and row 0 has 2"),
    "a long row beside names": (",a,b\na,1,2\nb,3,4,5\n", "row 1 has 4 cells, and row 0 has 3"),
    "codes below a zero": ("0;7;8\n7;0.1;0.2\n8;0.3;0.4\n", "first row and first column are 7, 8, ...: codes of units"),
    "codes that fall": ("0,9,8,7\n9,0.5,0,0\n8,0,0,0\n7,0,0,0\n", "codes of units, or weights"),
    "points and commas": ("0,5;0.25\n1;2\n", "commas and points in its numbers"),
    "perhaps thousands": ("1,500;2\n3;4\n", "may be a decimal mark or separate thousands"),
    "another encoding": (b"r\xe9gion,b\n1,2\n3,4\n", "byte 1 does not belong to text in UTF-8; save"),
    "binary": (b"\0\0\0\0", "the character 0"),
    "names in another order": (",a,b\nb,1,2\na,3,4\n", "row 0 is called 'b', but column 0 'a'"),
    "a corner that is missing": (",0.2,0.3\n0.4,0.5,0.6\n0.7,0.8,0.9\n", "row 0 is called '0.4', but column 0 '0.2'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_tables_that_are_no_matrix_name_the_place(case, tmp_path):
    text, message = REFUSED[case]
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(lm.FileError) as caught:
        lm.load_network(path)
    assert message in str(caught.value)


@pytest.mark.parametrize("rows", ["0,5,3\n5,0,2\n3,2,0\n", "0 1 2\n1 0 1\n2 1 0\n"])
def test_a_symmetric_matrix_with_an_empty_diagonal_has_no_codes(rows, tmp_path):
    found = lm.load_matrix(written(tmp_path / "a.txt", rows))
    assert found.shape == (3, 3)
    assert np.array_equal(found, found.T)


# --- edges ---

CHAIN = [[0, 0, 0], [0.5, 0, 0], [0, 0.25, 0]]
HEADERS = [
    "source,target,weight",
    "Source;Target;Weight",
    "from\tto\tweight",
    "src,dst,w",
    "pre,post,syn_count",
    "pre_root_id,post_root_id,syn_count",
    "bodyId_pre,bodyId_post,weight",
    "Presynaptic,Postsynaptic,strength",
    "source_node_id target_node_id syn_weight",
    "from_id,to_id,value",
]


@pytest.mark.parametrize("header", HEADERS)
def test_a_table_of_edges_is_known_by_its_header(header, tmp_path):
    mark = next(mark for mark in ";\t, " if mark in header)
    rows = [["10", "20", "0.5"], ["20", "30", "0.25"]]
    path = written(tmp_path / "a.csv", header + "\n" + lines(mark, rows))
    net = lm.load_network(path)
    assert net.is_sparse
    assert np.array_equal(net.dense(), CHAIN)
    assert net.labels == ("10", "20", "30")
    (array,) = lm.describe_file(path).arrays
    assert array.name == header.split(mark)[2]
    assert array.orientation == "column"


def test_columns_of_an_edge_may_have_any_order_and_units_any_name(tmp_path):
    text = '"","weight","post","pre"\n"1",0.5,"b, left","a"\n"2",0.25,"c","b, left"\n'
    net = lm.load_network(written(tmp_path / "a.csv", text))
    assert net.labels == ("a", "b, left", "c")
    assert np.array_equal(net.dense(), CHAIN)


def arrays(path, text):
    return {array.name: array for array in lm.describe_file(written(path, text)).arrays}


def test_edges_in_several_neuropils_add_up_and_that_is_said(tmp_path):
    text = "pre_root_id,post_root_id,neuropil,syn_count,nt_type\n7,9,ME_L,5,ACH\n7,9,LO_L,2,ACH\n9,7,ME_L,1,GABA\n"
    found = arrays(tmp_path / "connections.csv", text)
    assert list(found) == ["syn_count"]
    assert found["syn_count"].dtype == "edge attribute, repeated edges added up"
    assert np.array_equal(found["syn_count"].read().toarray(), [[0, 1], [7, 0]])


def test_identifiers_beyond_double_precision_are_different_units(tmp_path):
    first, second = 720575940600000001, 720575940600000002
    assert float(first) == float(second)
    text = f"pre_root_id,post_root_id,syn_count\n{first},{second},5\n"
    assert lm.load_network(written(tmp_path / "a.csv", text)).labels == (str(first), str(second))


def test_types_of_edges_are_matrices(tmp_path):
    text = "pre\tpost\ttype\tsynapses\nA\tB\tchemical\t3\nA\tB\telectrical\t1\nB\tA\telectrical\t1\n"
    found = arrays(tmp_path / "a.tsv", text)
    read = {name: array.read().toarray().tolist() for name, array in found.items()}
    assert read == {
        "synapses of type chemical": [[0, 0], [3, 0]],
        "synapses of type electrical": [[0, 1], [1, 0]],
        "synapses of all types": [[0, 1], [4, 0]],
    }
    with pytest.raises(lm.FileError, match="synapses of type chemical"):
        lm.load_network(tmp_path / "a.tsv")


def test_several_numbers_of_edges_are_several_arrays_and_those_of_units_none(tmp_path):
    text = "id,source,target,delay,weight,source_x,note\n1,a,b,2,0.5,9,x\n2,b,c,3,0.25,9,y\n"
    found = arrays(tmp_path / "a.csv", text)
    assert list(found) == ["delay", "weight"]
    assert np.array_equal(found["weight"].read().toarray(), CHAIN)


def test_a_number_that_is_no_weight_stands_beside_the_adjacency(tmp_path):
    found = arrays(tmp_path / "a.csv", "source,target,delay\na,b,2\nb,c,3\n")
    assert list(found) == ["delay", "adjacency"]
    assert np.array_equal(found["adjacency"].read().toarray(), np.eye(3, k=-1))
    with pytest.raises(lm.FileError, match="2 arrays, none with a name of W"):
        lm.load_network(tmp_path / "a.csv")


def test_edges_without_weight_are_ones(tmp_path):
    net = lm.load_network(written(tmp_path / "a.csv", "source,target\na,b\nb,c\n"))
    assert np.array_equal(net.dense(), np.eye(3, k=-1))


def test_edges_without_direction_are_known_by_header_or_type(tmp_path):
    both = [[0, 0.5, 0], [0.5, 0, 0.25], [0, 0.25, 0]]
    net = lm.load_network(written(tmp_path / "a.csv", "node1,node2,weight\na,b,0.5\nb,c,0.25\n"))
    assert np.array_equal(net.dense(), both)
    assert "without direction" in net.name
    gephi = "Source,Target,Type,Id,Label,timeset,Weight\n1,2,Undirected,0,,,0.5\n2,3,Undirected,1,,,0.25\n"
    assert np.array_equal(lm.load_network(written(tmp_path / "a.csv", gephi)).dense(), both)
    directed = written(tmp_path / "a.csv", gephi.replace("Undirected", "Directed"))
    assert np.array_equal(lm.load_network(directed).dense(), CHAIN)
    mixed = written(tmp_path / "a.csv", gephi.replace("Undirected,0", "Directed,0"))
    assert np.array_equal(lm.load_network(mixed).dense(), [[0, 0, 0], [0.5, 0, 0.25], [0, 0.25, 0]])


def test_places_in_a_matrix_have_no_direction_that_is_known(tmp_path):
    found = arrays(tmp_path / "a.csv", "i,j,value\n1,2,0.5\n2,3,0.25\n")
    assert found["value"].orientation == ""
    assert np.array_equal(found["value"].read().toarray(), np.transpose(CHAIN))


def test_the_matrix_of_units_called_pre_and_post_is_a_matrix(tmp_path):
    net = lm.load_network(written(tmp_path / "a.csv", "pre,post\n0.1,0.2\n0.3,0.4\n"))
    assert net.recurrent.tolist() == [[0.1, 0.2], [0.3, 0.4]]


BAD_EDGES = {
    "either way": ("node1,node2,weight\na,b,1\nb,a,1\n", "the edge between 'a' and 'b' from either side"),
    "no weight": (
        "pre,post,weight\na,b,1\nb,c,NA\n",
        "its 'weight' has 'NA', which is not a number, for the edge from b to c",
    ),
    "no unit": ("pre,post,weight\na,,1\n", "row 0 has nothing in the column 'post'"),
    "a short row": ("pre,post,weight\na,b,1\na,b\n", "row 1 has 2 cells, but the header has 3"),
    "no edge": ("pre,post,weight\n", "no row of numbers follows"),
}


@pytest.mark.parametrize("case", BAD_EDGES)
def test_bad_tables_of_edges_are_refused(case, tmp_path):
    text, message = BAD_EDGES[case]
    with pytest.raises(lm.FileError, match=message):
        lm.load_network(written(tmp_path / "a.csv", text))


def test_a_column_that_is_mostly_numbers_is_listed_with_its_reason(tmp_path):
    found = arrays(tmp_path / "a.csv", "pre,post,weight,delay\na,b,1,2\nb,a,1,late\n")
    assert found["delay"].unreadable == "has 'late', which is not a number, for the edge from b to a"
    assert found["weight"].read().toarray().tolist() == [[0, 1], [1, 0]]
