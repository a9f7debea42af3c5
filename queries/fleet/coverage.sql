/*+++
title = "What the lake covers"
question = "Which hosts and days does the lake cover, and how good are its dumps?"
about = "lake"
[columns]
kernel = "VARCHAR: kernel release; empty where it is not known."
hosts = "BIGINT: hosts with a dump of this kernel."
dumps = "BIGINT: dumps."
without_host = "BIGINT: dumps that do not say their host; most questions leave them out."
without_time = "BIGINT: dumps whose day is that of adding, as their own time is not known."
without_memory = "BIGINT: dumps that do not say how much memory their host has."
first_day = "DATE: first day with a dump."
last_day = "DATE: last day with a dump."
days = "BIGINT: days with a dump."
dumps_per_host_day = "DOUBLE: dumps, by hosts times days with a dump; 1 where each host sends one each day."
records = "BIGINT: records of all dumps."
rejected_share = "DOUBLE: rejected records, of all, 0 to 1."
bytes = "BIGINT: memory listed by all dumps, in bytes."
text_bytes = "BIGINT: size of the dumps' texts, in bytes."
redacted = "BIGINT: dumps with hashed names."
+++*/
SELECT
    coalesce(kernel, '') AS kernel,
    count(DISTINCT host) AS hosts,
    count(*) AS dumps,
    CAST(sum(CASE WHEN host IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS without_host,
    CAST(sum(CASE WHEN captured_at IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS without_time,
    CAST(sum(CASE WHEN memory_bytes IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS without_memory,
    min(day) AS first_day,
    max(day) AS last_day,
    count(DISTINCT day) AS days,
    CAST(count(*) AS DOUBLE) / greatest(count(DISTINCT host) * count(DISTINCT day), 1) AS dumps_per_host_day,
    CAST(sum(records) AS BIGINT) AS records,
    CAST(sum(rejected) AS DOUBLE) / greatest(sum(records) + sum(rejected), 1) AS rejected_share,
    CAST(sum(bytes) AS BIGINT) AS bytes,
    CAST(sum(text_bytes) AS BIGINT) AS text_bytes,
    CAST(sum(CASE WHEN redacted THEN 1 ELSE 0 END) AS BIGINT) AS redacted
FROM dumps
GROUP BY coalesce(kernel, '')
ORDER BY hosts DESC, kernel
