from __future__ import annotations

import pytest

from agent.moving import Present, site_of


@pytest.mark.parametrize("typed", ["70K1M19-93QXW", "70k1m19 93qxw", "7OKIML9-93QXW", " 7o_kim-l9"])
def test_a_code_names_its_site_however_it_is_typed_and_misread(typed):
    assert site_of(typed) == "70K1M19"
    assert not Present("dev-00000001", "70K1M19", 0).is_of_another_site(typed)
