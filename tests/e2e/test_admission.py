"""Who is let in: one device by a code, a further one when it is approved, a revoked one no more."""

from __future__ import annotations


def test_a_code_admits_one_device_and_the_next_one_only_when_it_is_approved(centre, new_agent, until):
    site, sheet = "DONGVAN", centre.sheets["DONGVAN"]
    first, second = new_agent(), new_agent()
    assert "must admit this one" not in first.enrol(sheet)
    assert "must admit this one" in second.enrol(sheet)
    first.run()
    second.run()
    until(lambda: centre.site(site).presence(first.name) == "connected")
    until(lambda: "refused" in second.log.read_text())
    assert centre.site(site).presence(second.name) == "never"
    assert "waiting for approval" in centre.site(site).text
    assert centre.provision("devices", "list", "--state", "waiting").split("\t")[0] == second.name

    centre.provision("devices", "approve", second.name)
    until(lambda: centre.site(site).presence(second.name) == "connected")
    assert "waiting for approval" not in centre.site(site).text
    assert centre.summary()["devices"] == 2


def test_the_same_agent_is_the_same_device_when_it_enrols_again(centre, new_agent):
    agent = new_agent()
    agent.enrol(centre.sheets["MEOVAC"])
    name = agent.name
    assert "must admit this one" not in agent.enrol(centre.sheets["MEOVAC"])
    assert agent.name == name


def test_a_revoked_device_is_thrown_off_and_what_it_still_sent_is_quarantined(centre, new_agent, until):
    site = "QUANBA"
    agent = new_agent()
    agent.enrol(centre.sheets[site], tick_s=3600)
    agent.run()
    until(lambda: centre.site(site).presence(agent.name) == "connected")
    centre.freeze("ingest")  # so that the first report is with the broker, and not yet taken in, when it is revoked
    until(lambda: agent.waiting() == 1)
    until(lambda: centre.connections(agent.name)[0]["in_msgs"] == 3)  # presence, snapshot, report
    centre.provision("revoke", agent.name)
    assert centre.connections(agent.name) == []
    until(lambda: "refused" in agent.log.read_text())

    centre.thaw("ingest")
    books = until(lambda: centre.summary()["balance"]["quarantined"] and centre.page("/quarantine?reason=revoked"))
    assert agent.name in books.text
    assert centre.summary()["balance"]["quarantined"] == 1
    page = centre.site(site)
    assert "revoked" in page.text
    assert page.level == "unknown"
    assert page.presence(agent.name) == "never"
