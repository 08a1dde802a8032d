"""Only the newest request counts."""

import threading

from linmem.exploring.requests import Newest


def test_a_newer_request_takes_the_place_of_an_older_one():
    place = Newest()
    place.put(1)
    place.put(2)
    assert place.has_newer
    assert place.take() == 2
    assert not place.has_newer


def test_who_computes_sees_that_a_newer_request_has_come():
    place, seen = Newest(), []

    def compute(number):
        if number == 1:
            place.put(2)
            seen.append(("newer", place.has_newer))
        else:
            seen.append(("last", number))
            place.end()

    place.put(1)
    place.answered_by(compute)
    assert seen == [("newer", True), ("last", 2)]


def test_who_waits_is_let_go_at_the_end():
    place = Newest()
    waiting = threading.Thread(target=place.answered_by, args=(lambda request: None,))
    waiting.start()
    place.end()
    waiting.join(timeout=5)
    assert not waiting.is_alive()
    assert place.take() is None
