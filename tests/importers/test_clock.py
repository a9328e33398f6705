"""Clocks: wall times in UTC, what the clock showed twice or never, and counts since 1970."""

import datetime as dtm
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smallnet.errors import InputError
from smallnet.importers import Clock, epoch_us, local_us
from smallnet.importers.day_order import DayOrder, read_day

ZONES = ("UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu",
         "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca")  # fmt: skip
MOMENTS = st.datetimes(dtm.datetime(1985, 1, 1), dtm.datetime(2035, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)


def _us(moment: dtm.datetime) -> int:
    return local_us(
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second
    )


@given(moment=MOMENTS, zone=st.sampled_from(ZONES))
def test_a_wall_time_is_what_the_zone_says(moment, zone):
    there = moment.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    assert Clock(zone).utc(_us(moment)) == round(there.timestamp()) * 1_000_000


@given(moment=MOMENTS, zone=st.sampled_from(ZONES))
def test_a_moment_shown_on_the_wall_and_read_again_is_the_same_or_its_twin(moment, zone):
    utc = moment.replace(tzinfo=dtm.UTC)
    wall = utc.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)
    clock = Clock(zone)
    found = clock.utc(_us(wall))
    assert found == _us(moment) or clock.twice == 1


def test_in_the_hour_that_comes_twice_time_runs_on():
    clock = Clock("Europe/Berlin")
    walls = [(1, 30), (2, 30), (2, 10), (2, 40), (3, 10)]
    moments = [clock.utc(local_us(2020, 10, 25, hour, minute)) for hour, minute in walls]
    assert moments == sorted(moments)
    assert clock.twice == 3


def test_without_a_zone_both_readings_and_the_option_are_told():
    with pytest.raises(InputError, match=r"line 7: 2020-12-31.*Shanghai.*--timezone"):
        Clock(None).utc(local_us(2020, 12, 31, 10), line=7)


def test_a_zone_that_is_none_is_refused():
    with pytest.raises(InputError, match="Europe/Berlin"):
        Clock("Mars/Olympus")


@given(moment=MOMENTS)
def test_the_unit_of_an_epoch_is_told_from_its_size(moment):
    seconds = _us(moment) // 1_000_000
    for factor in (1, 1_000, 1_000_000):
        assert epoch_us(seconds * factor) == seconds * 1_000_000


@pytest.mark.parametrize("number", [0, -1, 10**12 * 5, 5, 10**30, float("inf"), float("nan")])
def test_a_number_that_is_no_moment_is_refused(number):
    with pytest.raises(InputError):
        epoch_us(number)


DAYS = st.lists(st.dates(dtm.date(2001, 1, 1), dtm.date(2039, 12, 31)), min_size=1, max_size=20)


@given(days=DAYS, order=st.sampled_from(["dmy", "mdy", "ymd"]))
def test_an_order_that_is_decided_is_the_right_one_or_says_the_same(days, order):
    days = sorted({*days, dtm.date(2000, 12, 31)})  # 31 is no month, and 00 is no day or month
    seen = DayOrder()
    for day in days:
        parts = {"d": day.day, "m": day.month, "y": day.year % 100 if order != "ymd" else day.year}
        seen.see(tuple(parts[part] for part in order))
    found, _ = seen.decide()
    assert found == order


def test_one_broken_date_does_not_turn_a_file_around():
    seen = DayOrder()
    for day in range(1, 29):
        seen.see((day, 2, 2021))
    seen.see((2, 29, 2021))  # pasted from elsewhere
    assert seen.decide()[0] == "dmy"


def test_days_alike_in_both_orders_need_no_decision():
    seen = DayOrder()
    seen.see((3, 3, 21))
    assert seen.decide() == ("dmy", None)


@pytest.mark.parametrize("numbers", [(31, 2, 2021), (0, 1, 2021), (1, 13, 2021)])
def test_a_day_that_does_not_exist_is_none(numbers):
    assert read_day(numbers, "dmy") is None
