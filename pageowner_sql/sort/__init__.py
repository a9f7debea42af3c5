"""page_owner_sort, whole: its options, its plan, its queries, and the text it prints."""
