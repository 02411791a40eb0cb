1 pictures, .* MB, .* Mpx on .*; 1 run of each; .* CPUs \(.*\)

mode +io +jobs +images/s +\(min +max\) +MB/s +Mpx/s +speed-up
sync +- +1 +[0-9.]+ +\([0-9.]+ +[0-9.]+\) +[0-9.]+ +[0-9.]+ +1\.00
threads +threads 4 +2 .*
processes +threads 4 +2 .*

mode +io +jobs +efficiency +CPU s +peak MB +queued
sync +- +1 +100 % +[0-9.]+ +[-0-9.]+ +0\.0
threads +threads 4 +2 .*
processes +threads 4 +2 .*

Where the time of a file goes, in %:
mode +io +jobs +walk +load +wait +decode +resize +encode +commit
sync +- +1 .*
threads +threads 4 +2 .*
processes +threads 4 +2 .*

1 outputs, 0\.0 MB, the same bytes in every run
(CPU|I/O) bound: .*
