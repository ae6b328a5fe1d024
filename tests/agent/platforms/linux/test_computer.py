from __future__ import annotations

import pytest

from agent.facts import fact
from agent.platforms.linux import computer

ZONE = "sys/class/thermal/thermal_zone"


def test_the_hottest_sensor_counts_and_those_not_connected_do_not(machine):
    files = {
        f"{ZONE}0/temp": "27800\n",
        f"{ZONE}1/temp": "-274000\n",
        f"{ZONE}2/temp": {"error": 61},
        "sys/class/hwmon/hwmon0/temp1_input": "64000\n",
        "sys/class/hwmon/hwmon0/temp2_input": "255000\n",
    }
    assert computer.temperature_c(machine(files)) == 64.0


def test_without_a_sensor_the_temperature_is_absent(machine):
    there = machine({})
    assert fact(lambda: computer.temperature_c(there)).why == "absent"


@pytest.mark.parametrize(
    ("told", "health"), [(["0x01"], "good"), (["0x01", "0x02"], "worn"), (["0x03", "0x02"], "failing")]
)
def test_a_flash_disk_says_how_worn_it_is_and_the_worst_counts(machine, told, health):
    files = {f"sys/block/mmcblk{n}/device/pre_eol_info": f"{value}\n" for n, value in enumerate(told)}
    assert computer.disk_health(machine(files)) == health


def test_other_disks_tell_their_health_to_root_alone(machine):
    there = machine({"sys/block/sda/size": "1\n"})
    assert fact(lambda: computer.disk_health(there)).why == "unsupported"


def test_the_distribution_names_itself(machine):
    there = machine({"etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'})
    assert computer.distribution(there) == "Debian GNU/Linux 12 (bookworm)"
    assert fact(lambda: computer.distribution(machine({"etc/os-release": "ID=x\n"}))).why == "absent"
