from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.simulator import mqtt

topics = st.text(st.characters(codec="utf-8", exclude_characters="\0+#"), min_size=1, max_size=60)
messages = st.tuples(topics, st.binary(max_size=400), st.sampled_from([0, 1]), st.integers(1, 0xFFFF))


@given(st.lists(messages, max_size=8), st.data())
def test_what_is_published_is_read_however_the_network_cuts_it(wanted, data):
    stream = b"".join(mqtt.publish(topic, payload, qos, packet_id) for topic, payload, qos, packet_id in wanted)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    reader = mqtt.Reader()
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    read = [mqtt.read_publish(packet) for piece in pieces for packet in reader.read(piece)]
    assert read == [(topic, payload, qos, packet_id * qos) for topic, payload, qos, packet_id in wanted]


@given(st.lists(st.binary(max_size=40)))
def test_whatever_comes_it_is_packets_or_a_protocol_error(pieces):
    reader = mqtt.Reader()
    try:
        for piece in pieces:
            for packet in reader.read(piece):
                if packet.kind == mqtt.PUBLISH:
                    mqtt.read_publish(packet)
                else:
                    mqtt.read_connack(packet)
    except mqtt.ProtocolError:
        pass


@pytest.mark.parametrize("length", [0, 127, 128, 16_383, 16_384, 200_000])
def test_lengths_of_one_to_three_bytes(length):
    (packet,) = mqtt.Reader().read(mqtt.publish("t", b"x" * length))
    assert mqtt.read_publish(packet).payload == b"x" * length


def test_a_connect_as_the_standard_writes_it():
    will = mqtt.Will("w", b"gone")
    assert mqtt.connect("me", "user", "word", 45, will) == (
        b"\x10\x23\x00\x04MQTT\x04\xee\x00\x2d\x00\x02me\x00\x01w\x00\x04gone\x00\x04user\x00\x04word"
    )
    assert mqtt.connect("me", "user", "word", 45, None)[9] == 0b1100_0010


def test_a_subscribe_and_an_acknowledgement_as_the_standard_writes_them():
    assert mqtt.subscribe(7, ["a/b", "c"]) == b"\x82\x0c\x00\x07\x00\x03a/b\x00\x00\x01c\x00"
    assert mqtt.puback(258) == b"\x40\x02\x01\x02"


def test_an_endless_length_and_a_huge_packet_end_the_reading():
    with pytest.raises(mqtt.ProtocolError):
        mqtt.Reader().read(b"\x30\xff\xff\xff\xff\x01")
    with pytest.raises(mqtt.ProtocolError):
        mqtt.Reader().read(b"\x30\xff\xff\xff\x7f")
