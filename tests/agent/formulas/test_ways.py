from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.formulas.ways import Reply, Ways, apart

FATES = st.lists(st.sampled_from(["came back", "lost up", "lost down"]), max_size=200)


def played(fates):
    """What a sender knows after these fates: how many came to the reflector, and the answers."""
    arrived, replies = 0, []
    for seq, fate in enumerate(fates):
        if fate == "came back":
            replies.append(Reply(seq, arrived, 1.0, float(seq), -float(seq)))
        arrived += fate != "lost up"
    return arrived, replies


def test_each_way_has_its_own_losses():
    arrived, replies = played(["came back", "lost up", "came back", "lost down", "came back", "lost down"])
    assert apart(6, arrived, replies) == Ways([0.0, None, 2.0, 4.0], [-0.0, -2.0, None, -4.0, None])


def test_a_packet_that_overtook_another_on_the_way_up_is_no_loss():
    replies = [Reply(0, 0, 2.0, 1.0, 1.0), Reply(2, 1, 2.0, 1.0, 1.0), Reply(1, 2, 2.0, 1.0, 1.0)]
    assert apart(3, 3, replies) == Ways([1.0] * 3, [1.0] * 3)


@given(FATES)
def test_every_loss_is_found_on_its_own_way(fates):
    arrived, replies = played(fates)
    up_ms, down_ms = apart(len(fates), arrived, replies)
    assert up_ms.count(None) == fates.count("lost up")
    assert down_ms.count(None) == fates.count("lost down")
    assert len(down_ms) == arrived


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), unique_by=(lambda t: t[0], lambda t: t[1])))
def test_a_reflector_that_numbers_as_it_likes_breaks_nothing(numbers):
    replies = [Reply(seq, own, 2.0, 1.0, 1.0) for seq, own in numbers]
    up_ms, down_ms = apart(51, 40, replies)
    assert len(up_ms) <= 51
    assert len(down_ms) == 40
