/*+++
title = "Hosts that grow"
question = "On which hosts does something grow day by day?"
description = "Hosts whose growth over the dumps of one boot is beyond chance: `fleet/growth` counts them and says how that is judged."
about = "lake"
begins = "_slopes"
[params.days]
type = "int"
default = 30
help = "Days to look at, up to the lake's last."
[params.min_dumps]
type = "int"
default = 5
help = "Fewest dumps of one kernel and boot that a host must have."
[params.min_growth]
type = "size"
default = 65536
help = "Least growth a day at which a host grows by itself."
[params.confidence]
type = "float"
default = 0.95
help = "How often no host and no owner of a result is there by chance, 0 to 1."
[params.owner]
type = "str"
default = "%"
help = "Only owners that match; % stands for any text."
[params.top]
type = "int"
default = 50
help = "Rows to return."
[columns]
host = "VARCHAR: the host."
owner = "VARCHAR: the function that owns the memory."
kernel = "VARCHAR: kernel release; empty where it is not known."
dumps = "BIGINT: dumps of that boot."
bytes = "BIGINT: memory held on the lake's last day, in bytes; 0 where there is no dump of it."
bytes_per_day = "DOUBLE: growth, in bytes a day."
growth = "DOUBLE: the same as a share of what is held on average, a day."
score = "DOUBLE: how far that is from none, in standard deviations."
+++*/
SELECT
    host,
    owner,
    kernel,
    dumps,
    CAST(last_y AS BIGINT) AS bytes,
    slope AS bytes_per_day,
    slope / mean AS growth,
    score
FROM judged
WHERE is_growing AND owner LIKE $owner
ORDER BY slope DESC, host, owner, kernel, dumps
LIMIT $top
