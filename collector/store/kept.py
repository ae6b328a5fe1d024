"""How long what was measured is kept, by the nightly pruning and by `prune`; evidence, verdicts and books stay."""

REPORT_DAYS = 7  # raw reports, and turns of devices to load their lines
HISTORY_DAYS = 30  # hourly figures
