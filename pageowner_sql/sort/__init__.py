"""page_owner_sort: its options, its plan, its queries, and the text it prints."""
