0 done, 0 up to date, 0 damaged, 0 failed, 0 skipped in [0-9.]+ s
