"""Tables of pandas as weights, weights of inputs the wrong way round, folders for files: clear, or refused."""

import numpy as np
import pytest

import linmem as lm
from linmem.cli import main
from linmem.validation import SNR

pd = pytest.importorskip("pandas")
W = np.arange(9.0).reshape(3, 3) / 20


def test_columns_are_put_in_the_order_of_the_rows():
    table = pd.DataFrame(W, index=list("abc"), columns=list("abc"))
    np.testing.assert_array_equal(lm.LinearNetwork(table[list("cab")]).recurrent, W)
    np.testing.assert_array_equal(lm.as_network(table[list("bca")]).recurrent, W)


@pytest.mark.parametrize("names", [{}, {"columns": list("xyz")}, {"index": list("xyz")}])
def test_a_side_without_names_has_the_order_of_the_other(names):
    np.testing.assert_array_equal(lm.LinearNetwork(pd.DataFrame(W, **names)).recurrent, W)


@pytest.mark.parametrize("columns", [list("abd"), list("aab")])
def test_other_names_are_refused(columns):
    with pytest.raises(lm.InvalidNetworkError, match="rows and columns have other names"):
        lm.LinearNetwork(pd.DataFrame(W, index=list("abc"), columns=columns))


def test_input_weights_the_wrong_way_round_are_told():
    with pytest.raises(lm.InvalidNetworkError, match=r"shape \(2, 3\), .*of d rows: pass its transpose"):
        lm.LinearNetwork(W, np.ones((2, 3)))


def test_a_folder_is_no_network(tmp_path, capsys):
    assert main(["curve", str(tmp_path)]) == 2
    assert "is the folder" in (err := capsys.readouterr().err) and "linmem sweep MEASURES" in err


def test_one_signal_to_noise_ratio_is_the_default_everywhere():
    import inspect

    from linmem.cli import commands

    for function in (lm.memory_function, lm.mutual_information, lm.report, lm.explore):
        assert inspect.signature(function).parameters["snr"].default == SNR
    for name in ("memory", "report", "explore"):
        (option,) = (each for each in commands.commands[name].params if each.name == "snr")
        assert option.default == SNR
    assert lm.memory_function(lm.chain(3)).snr == SNR
