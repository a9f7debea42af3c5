"""A slow, plain, exact model of the C tool page_owner_sort, to hold the real thing against."""
