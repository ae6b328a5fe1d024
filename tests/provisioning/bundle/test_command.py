from __future__ import annotations


def test_a_python_that_cannot_be_had_is_told_with_those_that_can(ask):
    result = ask("bundle", "build", "deb", "--python", "2.7")
    assert result.exit_code == 2
    assert "choose one of: 3.11, 3.12, 3.13" in result.output


def test_a_centre_that_was_not_set_up_is_told(ask, tmp_path):
    result = ask("bundle", "build", "deb", "--folder", tmp_path, DIEMCAU_HOME=str(tmp_path / "none"))
    assert result.exit_code == 1
    assert "Run first: diemcau-provision init" in result.output


def test_a_missing_program_is_told_with_what_to_install(ask, tmp_path):
    result = ask("bundle", "build", "exe", "--folder", tmp_path, PATH=str(tmp_path))
    assert result.exit_code == 1
    assert "makensis is needed to build this. Install: apt-get install nsis" in result.output


def test_an_address_can_be_chosen_and_is_looked_at(ask, tmp_path):
    result = ask("bundle", "build", "deb", "--folder", tmp_path, "--server", "http://a.vn")
    assert result.exit_code == 1
    assert "The address http://a.vn cannot be used" in result.output


def test_whose_bundle_it_is_is_told_with_a_warning_of_an_address_that_no_site_reaches(ask, tmp_path):
    for server, is_warned in (("https://127.0.0.1:8443", True), ("https://dc.example.vn:8443", False)):
        result = ask("bundle", "build", "exe", "--folder", tmp_path, "--server", server, PATH=str(tmp_path))
        assert server in result.output
        assert ("WARNING" in result.output) is is_warned
