# Counts records and pages by stack: what people write when the C tool takes too long.
BEGIN { RS = ""; FS = "\n" }
{
    match($1, /order [0-9]+/)
    rest = substr($0, length($1) + length($2) + 3)
    times[rest]++
    pages[rest] += 2 ^ substr($1, RSTART + 6, RLENGTH - 6)
}
END { for (rest in times) printf "%d times, %d pages:\n%s\n\n", times[rest], pages[rest], rest }
