-- u(a, b, c) is even between 0 and 1, normal(a, b, c) standard normal; both are made of a hash:
-- of a hash of it, since hashes of several values differ in few bits.
CREATE MACRO u(a, b, c) AS
    ((hash(hash(getvariable('seed'), a, b, c)) >> 11)::DOUBLE + 0.5) / 9007199254740992;
CREATE MACRO normal(a, b, c) AS
    sqrt(-2 * ln(u(a, b, c || ':r'))) * cos(2 * pi() * u(a, b, c || ':phi'));
