"""Readers of files of days: `read_days` for tables (CSV, JSON), `apple_days` for an export of Apple Health.

All are functions of a path and give plain data (`DaysRead.facts` is JSON); nothing is kept between calls. What a file
does not tell and must not be guessed stands in `DaysRead.asked`, to be answered in `told`.
"""

from mlops.ml.survival.checkins.readers.plan import LEAVE_OUT, Asked, DaysRead, LeftOut, LineError, Told, Used
from mlops.ml.survival.checkins.readers.table import read_days

__all__ = ["LEAVE_OUT", "Asked", "DaysRead", "LeftOut", "LineError", "Told", "Used", "read_days"]
