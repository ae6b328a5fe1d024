"""Takes secrets and everything personal out of a text: what is known of this machine, and whatever looks like it."""

from __future__ import annotations

import getpass
import ipaddress
import json
import os
import platform
import re
import socket
import unicodedata
from pathlib import Path
from typing import FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import quote, urlsplit

import psutil

from agent import paths
from agent.settings import Settings

_HARMLESS = frozenset(
    {"root", "diemcau-agent", "localhost", "localhost.localdomain", "system", "nobody"}
)  # no person's
_SHORT = 4  # letters; shorter names are part of too many words, and are replaced only where they stand alone
_LOOPBACK = ("127.0.0.1", "::1", "::")

_USERS = re.compile(r"(?:[a-z]:)?[\\/]+(?:users|home)[\\/]+[^\\/\"'<>|:*?\r\n]+", re.IGNORECASE)
_BEFORE_AT = re.compile(r"[^\s/@\"'<>]{1,100}@")  # a name and password in an address; a mail address
_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{7}(-?)[0-9A-Z]{5}\1[0-9A-Z]{5}\1[0-9A-Z](?![0-9A-Z])", re.IGNORECASE)
_LONG = re.compile(r"[A-Za-z0-9_-]{22,}")  # 128 bits in base64url, and everything above
_WORDS = re.compile(r"[a-z_-]+|(?:[A-Z][a-z]+)+")  # as programs name things
_HARDWARE = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}", re.IGNORECASE)
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_IPV6 = re.compile(r"(?:[0-9a-f]{0,4}:){2,}[0-9a-f:.]*(?:%\w+)?", re.IGNORECASE)


class Known(NamedTuple):
    """What is known of this machine that must not leave it, and what may."""

    secrets: Tuple[str, ...] = ()
    folders: Tuple[str, ...] = ()  # of the person and of the agent: shown as ~
    names: Tuple[str, ...] = ()  # of people and of the machine
    addresses: Tuple[str, ...] = ()  # IP and hardware addresses
    kept: FrozenSet[str] = frozenset()  # the centre's own: names and addresses of its servers, the device's id


def scrub(text: str, known: Known) -> str:
    """Return the text with everything that must not leave replaced by a word in angle brackets, or ~ for a folder."""
    text = unicodedata.normalize("NFC", text)
    for words, instead in ((known.folders, "~"), (known.secrets, "<secret>"), (known.addresses, "<address>")):
        for word in _longest_first(words):
            text = re.sub(re.escape(word), instead, text, flags=re.IGNORECASE)
    text = _USERS.sub("~", text)
    text = _BEFORE_AT.sub("<name>@", text)
    text = _CODE.sub("<code>", text)
    text = _LONG.sub(lambda found: found[0] if _is_harmless(found[0], known) else "<secret>", text)
    text = _HARDWARE.sub("<address>", text)
    for form in (_IPV6, _IPV4):
        text = form.sub(lambda found: "<address>" if _is_address(found[0], known) else found[0], text)
    for word in _longest_first(known.names):
        alone = r"(?<![^\W_]){}(?![^\W_])" if len(word) < _SHORT else "{}"
        text = re.sub(alone.format(re.escape(word)), "<name>", text, flags=re.IGNORECASE)
    return text


def _longest_first(words: Tuple[str, ...]) -> List[str]:
    """Return the words in every form that programs write them in, those first that hold others."""
    forms = {form for word in words for form in _forms(unicodedata.normalize("NFC", word))}
    return sorted(forms, key=lambda form: (-len(form), form))


def _forms(word: str) -> Iterator[str]:
    yield from (word, json.dumps(word)[1:-1], word.replace("\\", "\\\\"), word.replace("\\", "/"))
    yield from (quote(word), quote(word, safe="/:"), quote(word, safe=""))


def _is_harmless(text: str, known: Known) -> bool:
    """Tell whether a long run of letters is a number, a name in the program or one of the centre's: no random bits."""
    is_ours = any(text in word for word in known.kept)
    return is_ours or _WORDS.fullmatch(text) is not None or text.isdigit()


def _is_address(text: str, known: Known) -> bool:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return _IPV4.fullmatch(text) is not None  # 999.1.1.1 is none; nobody misses it
    return str(found) not in (*_LOOPBACK, *known.kept)


def known_here(home: Path, settings: Optional[Settings], server: str, environ: Mapping[str, str] = os.environ) -> Known:
    """Return what is known of this machine."""
    people = [home_of for name in ("HOME", "USERPROFILE") for home_of in [environ.get(name, "")] if len(home_of) > 1]
    return Known(
        tuple(_secrets(home, settings)),
        tuple({str(home), *people}),
        tuple(sorted(_names(people, environ))),
        tuple(sorted(_addresses())),
        frozenset(_kept(settings, server)),
    )


def _secrets(home: Path, settings: Optional[Settings]) -> Iterator[str]:
    for file in (settings.password_file if settings else paths.PASSWORD, paths.PERMIT_KEY):
        try:
            secret = (home / file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):  # what we may not read, we cannot write into the bundle either
            continue
        if secret:
            yield secret


def _names(people: List[str], environ: Mapping[str, str]) -> Iterator[str]:
    variables = ("USER", "USERNAME", "LOGNAME", "SUDO_USER", "COMPUTERNAME", "HOSTNAME", "USERDOMAIN")
    names = {environ.get(variable, "") for variable in variables}
    names |= {socket.gethostname(), platform.node(), *(re.split(r"[\\/]", person)[-1] for person in people)}
    try:
        account = getpass.getuser()
        names |= {account} if account in _HARMLESS else {account, *_full_names()}
    except (OSError, KeyError):  # an account without a name
        pass
    names |= {name.partition(".")[0] for name in names}
    return (name for name in names if len(name) > 1 and name.lower() not in _HARMLESS)


def _full_names() -> FrozenSet[str]:
    """Return the full name of this account's person, and its parts, where the system keeps one."""
    if os.name != "posix":
        return frozenset()
    import pwd

    full = pwd.getpwuid(os.getuid()).pw_gecos.split(",")[0].strip()
    return frozenset({full, *full.split()})


def _addresses() -> Iterator[str]:
    for found in psutil.net_if_addrs().values():
        for one in found:
            address = one.address.partition("%")[0]
            if one.family in (socket.AF_INET, socket.AF_INET6):
                if not ipaddress.ip_address(address).is_loopback:
                    yield address
            elif address.strip("0:-"):
                digits = re.sub(r"[:-]", "", address)
                pairs = [digits[i : i + 2] for i in range(0, len(digits), 2)]
                yield from (digits, ":".join(pairs), "-".join(pairs))


def _kept(settings: Optional[Settings], server: str) -> Iterator[str]:
    yield urlsplit(server).hostname or ""
    if settings is not None:
        yield settings.device
        yield settings.probe_server.host
        yield from (urlsplit(url).hostname or "" for url in settings.brokers)
