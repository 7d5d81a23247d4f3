"""What is on its way to a page: nothing is sent twice, and a page that does not read costs no more."""

from presso.dashboard.page_stream import MOST_ROWS, PageStream, PageStreams


def test_a_page_gets_the_newest_value_of_each_kind_once() -> None:
    stream = PageStream()
    stream.put("units", [1])
    stream.put("units", [2])
    assert stream.take() == {"units": [2]}
    stream.put("units", [2])
    assert stream.take() == {}


def test_a_value_that_is_back_before_it_is_read_is_not_sent() -> None:
    stream = PageStream()
    stream.put("units", [1])
    stream.take()
    stream.put("units", [2])
    stream.put("units", [1])
    assert stream.take() == {}


def test_rows_come_in_order_and_once() -> None:
    stream = PageStream()
    stream.push([1, 2])
    stream.push([3])
    assert stream.take() == {"events": {"rows": [1, 2, 3], "missed": 0}}
    assert stream.take() == {}


def test_a_page_that_does_not_read_misses_the_oldest_rows_and_gets_their_number() -> None:
    stream = PageStream()
    for start in range(0, 10_000, 100):
        stream.push(range(start, start + 100))
    assert len(stream._rows) == MOST_ROWS
    events = stream.take()["events"]
    assert events["missed"] == 10_000 - MOST_ROWS
    assert events["rows"] == list(range(10_000 - MOST_ROWS, 10_000))
    stream.push([1])
    assert stream.take()["events"]["missed"] == 0


def test_pages_come_and_go_while_others_get_news() -> None:
    pages, stream = PageStreams(), PageStream()
    pages.add(stream)
    for each in pages:
        pages.remove(each)
    assert len(pages) == 0
