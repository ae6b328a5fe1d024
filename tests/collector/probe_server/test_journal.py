from collector.probe_server import journal
from collector.probe_server.journal import Journal, News


def news(number, state="booked", at_us=1):
    return News(id=f"{number:022}", device="dev-00000001", purpose="schedule", state=state, at_us=at_us)


def test_what_is_settled_is_told_no_more_and_the_rest_again():
    kept = Journal()
    for number in range(3):
        kept.note(news(number))
    told = kept.untold()
    assert told == kept.untold()
    kept.settle(told[:2])
    assert kept.untold() == [news(2)]


def test_a_state_that_changes_while_it_is_told_is_told_again():
    kept = Journal()
    kept.note(news(1))
    told = kept.untold()
    kept.note(news(1, "granted", 2))
    kept.settle(told)
    assert kept.untold() == [news(1, "granted", 2)]


def test_only_so_many_are_told_at_once_the_oldest_first_and_no_more_than_fit_are_kept(monkeypatch):
    monkeypatch.setattr(journal, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(journal, "MOST_KEPT", 3)
    kept = Journal()
    for number in range(5):
        kept.note(news(number))
    assert kept.untold() == [news(2), news(3)]
