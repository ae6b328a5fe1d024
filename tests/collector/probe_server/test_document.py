import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.probe_server.document import Client, Document, read, write

COUNT = st.integers(0, 2**53 - 1)
CLIENTS = st.builds(
    Client,
    COUNT,
    st.none() | st.integers(0, 9),
    st.lists(st.from_regex(r"[0-9]{2,5}", fullmatch=True), min_size=1, max_size=3).map(tuple),
    st.none() | COUNT,
    st.none() | st.integers(0, 2),
    st.none() | st.integers(0, 9),
)
DEVICES = st.dictionaries(st.from_regex(r"[a-z0-9-]{8,32}", fullmatch=True), CLIENTS, max_size=5)


@given(COUNT, DEVICES, st.booleans())
def test_what_is_written_is_read_again(version, devices, is_stopped):
    document = Document(version=version, devices=devices, is_stopped=is_stopped)
    assert read(write(document)) == document


def test_a_whole_country_is_written_in_lines_that_are_quick_to_read(document):
    devices = {f"dev-{number:08}": Client(1, 0, ("01", "001")) for number in range(1001)}
    country = document.model_copy(update={"devices": devices})
    lines = write(country).split(b"\n")
    assert max(map(len, lines)) < 16_384
    assert read(b"\n".join(lines)) == country


@pytest.mark.parametrize("damaged", [b"", b"{}\n", b"<html>", b'{"version":-1}', b'{"devices":{"d-00000001":[1]}}'])
def test_what_is_no_document_is_refused(damaged):
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's text is not ours
        read(damaged)
