-- The bytes of a dump's distinct headers and of what stands below its PFN lines.
SELECT coalesce(sum(octet_length(raw)), 0)::BIGINT
FROM (
    SELECT raw FROM headers WHERE dump_id = $dump_id
    UNION ALL
    SELECT raw FROM rests WHERE dump_id = $dump_id
)
