\{"summary":\{"done":0,"up_to_date":0,"damaged":0,"failed":0,"skipped":0,"seconds":[0-9]+\.[0-9]+,"images_per_second":0\.0\}\}
