"""What click itself says, of a command that was mistyped and in its help, in Vietnamese.

click asks `gettext` for each of these texts, by a name in each of its modules, and brings no translations.
"""

from __future__ import annotations

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from contract.languages import say

_MODULES = (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types)

VIETNAMESE = {  # of click 8.1, which Windows 7 has, and of the later ones
    "Usage:": "Cách dùng:",
    "Options": "Tùy chọn",
    "Commands": "Lệnh",
    "Positional arguments": "Tham số",
    "Show this message and exit.": "Hiện phần trợ giúp này.",
    "default: {default}": "mặc định: {default}",
    "required": "bắt buộc",
    "Try '{command} {option}' for help.": "Xem cách dùng: {command} {option}",
    "Error: {message}": "Lỗi: {message}",
    "Aborted!": "Đã dừng.",
    "Missing command.": "Thiếu lệnh.",
    "No such command {name!r}.": "Không có lệnh {name}.",
    "No such option: {name}": "Không có tùy chọn {name}.",
    "No such option {name!r}.": "Không có tùy chọn {name}.",
    "Did you mean {possibility}?": "Có phải {possibility} không?",
    "(Possible options: {possibilities})": "(Có thể là: {possibilities})",
    "(Did you mean one of: {possibilities}?)": "(Có thể là: {possibilities})",
    "Option {name!r} does not take a value.": "Tùy chọn {name} không kèm giá trị.",
    "Option {name!r} requires an argument.": "Tùy chọn {name} phải kèm một giá trị.",
    "Option {name!r} requires {nargs} arguments.": "Tùy chọn {name} phải kèm {nargs} giá trị.",
    "Missing argument": "Thiếu tham số",
    "Missing option": "Thiếu tùy chọn",
    "Missing parameter": "Thiếu tham số",
    "Missing parameter: {param_name}": "Thiếu tham số {param_name}",
    "Got unexpected extra argument ({args})": "Thừa tham số ({args})",
    "Got unexpected extra arguments ({args})": "Thừa tham số ({args})",
    "Invalid value: {message}": "Giá trị sai: {message}",
    "Invalid value for {param_hint}: {message}": "Giá trị sai ở {param_hint}: {message}",
    "{value!r} is not {choice}.": "{value!r} không phải là {choice}.",
    "{value!r} is not one of {choices}.": "{value!r} không nằm trong các giá trị {choices}.",
    "Choose from:\n\t{choices}": "Chọn một trong:\n\t{choices}",
    "{value!r} is not a valid {number_type}.": "{value!r} không phải là số hợp lệ.",
    "{value} is not in the range {range}.": "{value} nằm ngoài khoảng {range}.",
    "{name} {filename!r} does not exist.": "không có {filename!r}.",
    "{name} {filename!r} is a file.": "{filename!r} là một tệp.",
    "{name} {filename!r} is a directory.": "{filename!r} là một thư mục.",
    "{name} {filename!r} is not readable.": "không đọc được {filename!r}.",
    "{name} {filename!r} is not writable.": "không ghi được {filename!r}.",
    "Could not open file {filename!r}: {message}": "Không mở được tệp {filename!r}: {message}",
}


def speak(command: click.Command) -> None:
    """Have click speak this terminal's language, and name options and arguments of a command and all below it so."""
    for module in _MODULES:
        for name, instead in (("_", _text), ("ngettext", _text_of_many)):
            if hasattr(module, name):
                setattr(module, name, instead)
    command.options_metavar = say("[TÙY CHỌN]", "[OPTIONS]")
    if isinstance(command, click.Group):
        command.subcommand_metavar = say("LỆNH [THAM SỐ]...", "COMMAND [ARGS]...")
        for below in command.commands.values():
            speak(below)


def _text(english: str) -> str:
    return say(VIETNAMESE.get(english, english), english)


def _text_of_many(one: str, many: str, n: int) -> str:
    return _text(one if n == 1 else many)
