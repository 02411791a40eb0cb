1 pictures, .* MB, .* Mpx on .*; 1 run of each; .* CPUs \(.*\)

mode +io +jobs +images/s +\(min +max\) +MB/s +Mpx/s +speed-up +efficiency +CPU s +peak MB
sync +- +1 +[0-9.]+ +\([0-9.]+ +[0-9.]+\) +[0-9.]+ +[0-9.]+ +1\.00 +100 % +[0-9.]+ +[-0-9.]+
threads +threads 4 +2 .*
processes +threads 4 +2 .*

a file's time +io +jobs +walk +load +wait +decode +resize +encode +commit +queued
sync +- +1 .* % .* 0\.0
threads +threads 4 +2 .*
processes +threads 4 +2 .*

1 outputs, 0\.0 MB, the same bytes in every run
(CPU|I/O) bound: .*
