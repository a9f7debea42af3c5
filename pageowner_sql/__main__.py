"""`python -m pageowner_sql` is `pageowner-sql`."""

from pageowner_sql.cli.entry import main

if __name__ == "__main__":
    main()
