/*+++
title = "Hosts that fell silent"
question = "Which hosts have sent no dump lately?"
about = "lake"
[params.days]
type = "int"
default = 2
help = "Days without a dump, up to the lake's last day."
[params.top]
type = "int"
default = 50
help = "Rows to return."
[columns]
host = "VARCHAR: the host."
kernel = "VARCHAR: kernel of its last dump."
last_day = "DATE: day of its last dump."
silent_days = "BIGINT: days from that to the lake's last day."
dumps = "BIGINT: dumps that it has sent."
+++*/
WITH placed AS (
    SELECT
        host,
        kernel,
        day,
        CAST(date_diff('day', day, (SELECT max(day) FROM dumps)) AS BIGINT) AS silent_days,
        count(*) OVER (PARTITION BY host) AS dumps,
        row_number() OVER (PARTITION BY host ORDER BY day DESC, captured_at DESC, dump_id DESC) AS place
    FROM dumps
    WHERE host IS NOT NULL
)
SELECT host, kernel, day AS last_day, silent_days, dumps
FROM placed
WHERE place = 1 AND silent_days >= $days
ORDER BY silent_days DESC, host
LIMIT $top
